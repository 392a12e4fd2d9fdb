#pragma once

#include <string>
#include <utility>
#include <vector>

namespace parlance::app {

/// A line of a chart, or points alone.
struct Series {
  std::string name;
  std::vector<std::pair<double, double>> points;  // x, y; by x
};

/// One axis of a chart: which values it shows, and where it is marked.
struct Axis {
  std::string title;
  struct Mark {
    double value;
    std::string text;
  };
  std::vector<Mark> marks;  // by value; the first and the last are the axis' ends
};

struct LineChart {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Series> series;  // at most eight are told apart by colour
};

/// The charts one below the other, as an SVG document of its own. Values outside of an axis are drawn at its
/// end.
std::string svg(const std::vector<LineChart>& charts);

/// Marks at 1, 2 and 5 times powers of ten round both values, for an axis of logarithms: `value` is the
/// log10. Both are more than 0. `text` says a value.
std::vector<Axis::Mark> logarithmic_marks(double from, double to, std::string (*text)(double));
/// Round marks, about six, from 0 to at least `to`.
std::vector<Axis::Mark> linear_marks(double to, std::string (*text)(double));

}  // namespace parlance::app
