#include "app/line_chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace parlance::app {
namespace {

constexpr double kWidth = 860;
constexpr double kHeight = 420;
constexpr double kLeft = 80, kRight = 150, kTop = 40, kBottom = 56;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kTop - kBottom;
constexpr double kLegendLine = 18;

// Told apart by readers who see few colours, too (Okabe and Ito).
constexpr std::array<std::string_view, 8> kColours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                                                   "#e69f00", "#56b4e9", "#666666", "#000000"};

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// Where a value lies on an axis, from 0 to 1.
double share_of(const Axis& axis, double value) {
  const double from = axis.marks.front().value;
  const double to = axis.marks.back().value;
  return to == from ? 0 : std::clamp((value - from) / (to - from), 0.0, 1.0);
}
double x_of(const LineChart& chart, double value) { return kLeft + kPlotWidth * share_of(chart.x, value); }
double y_of(const LineChart& chart, double value) {
  return kTop + kPlotHeight * (1 - share_of(chart.y, value));
}

std::string text_at(double x, double y, std::string_view anchor, std::string_view text,
                    std::string_view more = "") {
  return fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>)", x, y, anchor, more,
                     escaped(text)) +
         "\n";
}

std::string grid(const LineChart& chart) {
  constexpr double kBehindText = 6;
  constexpr double kBelowText = 18;
  std::string out;
  for (const Axis::Mark& mark : chart.y.marks) {
    const double y = y_of(chart, mark.value);
    out += fmt::format(R"(<path d="M{:.1f} {:.1f}h{:.1f}" class="grid"/>)", kLeft, y, kPlotWidth) + "\n";
    out += text_at(kLeft - kBehindText, y + 4, "end", mark.text);
  }
  for (const Axis::Mark& mark : chart.x.marks) {
    const double x = x_of(chart, mark.value);
    out += fmt::format(R"(<path d="M{:.1f} {:.1f}v{:.1f}" class="grid"/>)", x, kTop, kPlotHeight) + "\n";
    out += text_at(x, kTop + kPlotHeight + kBelowText, "middle", mark.text);
  }
  return out;
}

std::string line(const LineChart& chart, std::size_t index) {
  constexpr std::size_t kMostDots = 60;
  const Series& series = chart.series[index];
  const std::string_view colour = kColours[index % kColours.size()];
  std::string points;
  std::string dots;
  for (const auto& [x, y] : series.points) {
    points += fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", x_of(chart, x), y_of(chart, y));
    if (series.points.size() > kMostDots) continue;
    dots += fmt::format(R"(<circle cx="{:.1f}" cy="{:.1f}" r="2.5" fill="{}"/>)", x_of(chart, x),
                        y_of(chart, y), colour) +
            "\n";
  }
  const double legend_y = kTop + kLegendLine * (static_cast<double>(index) + 0.5);
  const double legend_x = kWidth - kRight + 14;
  return fmt::format(R"(<polyline points="{}" fill="none" stroke="{}" stroke-width="1.6"/>)", points,
                     colour) +
         "\n" + dots +
         fmt::format(R"(<path d="M{:.1f} {:.1f}h18" stroke="{}" stroke-width="2.5"/>)", legend_x,
                     legend_y - 4, colour) +
         "\n" + text_at(legend_x + 24, legend_y, "start", series.name);
}

std::string drawing(const LineChart& chart, std::size_t index) {
  std::string out =
      fmt::format("<g transform=\"translate(0 {:.0f})\">\n", static_cast<double>(index) * kHeight);
  out += text_at(kLeft, kTop - 16, "start", chart.title, R"( class="title")");
  out += grid(chart);
  for (std::size_t i = 0; i < chart.series.size(); ++i) out += line(chart, i);
  out += text_at(kLeft + kPlotWidth / 2, kHeight - 14, "middle", chart.x.title);
  const double middle = kTop + kPlotHeight / 2;
  out += text_at(18, middle, "middle", chart.y.title,
                 fmt::format(R"_( transform="rotate(-90 18 {:.1f})")_", middle));
  return out + "</g>\n";
}

}  // namespace

std::string svg(const std::vector<LineChart>& charts) {
  const double height = kHeight * static_cast<double>(charts.size());
  std::string out = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0f}\" height=\"{1:.0f}\" viewBox=\"0 0 {0:.0f} "
      "{1:.0f}\">\n<style>text{{font:12px sans-serif;fill:#222}}.title{{font-size:14px;font-weight:bold}}"
      ".grid{{stroke:#ddd;stroke-width:1}}</style>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      kWidth, height);
  for (std::size_t i = 0; i < charts.size(); ++i) out += drawing(charts[i], i);
  return out + "</svg>\n";
}

std::vector<Axis::Mark> logarithmic_marks(double from, double to, std::string (*text)(double)) {
  constexpr std::array kSteps{1.0, 2.0, 5.0};
  constexpr double kRounding = 1e-9;
  std::vector<Axis::Mark> marks;
  for (double power = std::pow(10, std::floor(std::log10(from))); power <= to * 10; power *= 10) {
    for (const double step : kSteps) {
      const double value = power * step;
      if (value <= from * (1 + kRounding)) marks.clear();  // the last one at or below is the first
      marks.push_back({std::log10(value), text(value)});
      if (value >= to * (1 - kRounding) && marks.size() > 1) return marks;
    }
  }
  return marks;
}

std::vector<Axis::Mark> linear_marks(double to, std::string (*text)(double)) {
  constexpr double kAboutSteps = 6;
  const double power = std::pow(10, std::floor(std::log10(to / kAboutSteps)));
  double step = power;
  for (const double times : {1.0, 2.0, 5.0, 10.0}) {
    step = power * times;
    if (to / step <= kAboutSteps) break;
  }
  std::vector<Axis::Mark> marks;
  for (int i = 0; i == 0 || (i - 1) * step < to; ++i) marks.push_back({i * step, text(i * step)});
  return marks;
}

}  // namespace parlance::app
