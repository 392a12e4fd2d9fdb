#include "app/bench_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "app/line_chart.h"
#include "app/quantities.h"

namespace parlance::app {
namespace {

using load::Histogram;
using load::StepResult;

constexpr std::size_t kMostSteps = 8;  // of steps, in one chart

std::string ns_text(double ns) { return time_text(Duration{std::llround(ns)}); }
// On an axis of logarithms there is no zero.
double log_ns(Duration time) { return std::log10(std::max(1.0, static_cast<double>(time.count()))); }

Axis latency_axis(const std::vector<const Histogram*>& histograms, double lowest_percent) {
  Duration from = Duration::max();
  Duration to{1};
  for (const Histogram* times : histograms) {
    if (times->count() == 0) continue;
    from = std::min(from, times->percentile(lowest_percent));
    to = std::max(to, times->max());
  }
  const double least = std::clamp(static_cast<double>(from.count()), 1.0, static_cast<double>(to.count()));
  return {.title = "latency", .marks = logarithmic_marks(least, static_cast<double>(to.count()), &ns_text)};
}

// By the number of nines: 0, 90 %, 99 % and so on are equally far apart.
Series by_percentile(const Histogram& times, std::string name) {
  Series series{.name = std::move(name), .points = {}};
  const double most = std::log10(static_cast<double>(std::max<std::uint64_t>(times.count(), 1)));
  for (const Histogram::Point& point : times.distribution()) {
    const double nines = point.share < 1 ? std::min(-std::log10(1 - point.share), most) : most;
    if (series.points.empty()) series.points.emplace_back(0, log_ns(times.min()));
    series.points.emplace_back(nines, log_ns(point.time));
  }
  return series;
}

Axis percentile_axis(std::uint64_t most_count) {
  Axis axis{.title = "percentile", .marks = {{0, "0"}, {1, "90"}}};
  for (int nines = 2; std::pow(10, nines - 1) < static_cast<double>(most_count); ++nines) {
    axis.marks.push_back({static_cast<double>(nines),
                          nines == 2 ? "99" : "99." + std::string(static_cast<std::size_t>(nines) - 2, '9')});
  }
  return axis;
}

std::string name_of(const StepResult& result) {
  return result.step.per_second > 0 ? number_text(result.step.per_second) + "/s" : "latency";
}

LineChart percentile_chart(const load::Plan& plan, const std::vector<StepResult>& results) {
  std::vector<const Histogram*> histograms;
  std::uint64_t most_count = 0;
  LineChart chart{.title = plan.path.substr(1) + ": latency by percentile", .x = {}, .y = {}, .series = {}};
  for (const StepResult& result : results) {
    const Histogram& times = result.tally.latency;
    if (chart.series.size() == kMostSteps) break;
    histograms.push_back(&times);
    most_count = std::max(most_count, times.count());
    chart.series.push_back(by_percentile(times, name_of(result)));
    if (results.size() > 1) continue;
    if (result.tally.first_response.count() > 0) {
      histograms.push_back(&result.tally.first_response);
      chart.series.push_back(by_percentile(result.tally.first_response, "first response"));
    }
    if (result.tally.round_trip.count() > 0) {
      histograms.push_back(&result.tally.round_trip);
      chart.series.push_back(by_percentile(result.tally.round_trip, "round trip"));
    }
  }
  chart.x = percentile_axis(most_count);
  chart.y = latency_axis(histograms, 0);
  return chart;
}

LineChart ramp_chart(const load::Plan& plan, const std::vector<StepResult>& results) {
  struct Line {
    std::string_view name;
    double percent;
  };
  LineChart chart{.title = plan.path.substr(1) + ": latency by rate", .x = {}, .y = {}, .series = {}};
  for (const Line& line : {Line{"p50", 50}, Line{"p90", 90}, Line{"p99", 99}, Line{"p99.9", 99.9}}) {
    Series series{.name = std::string{line.name}, .points = {}};
    for (const StepResult& result : results) {
      series.points.emplace_back(result.step.per_second,
                                 log_ns(result.tally.latency.percentile(line.percent)));
    }
    std::ranges::sort(series.points);
    chart.series.push_back(std::move(series));
  }
  std::vector<const Histogram*> histograms;
  double highest = 0;
  for (const StepResult& result : results) {
    histograms.push_back(&result.tally.latency);
    highest = std::max(highest, result.step.per_second);
  }
  chart.x = {.title = "calls a second, wanted", .marks = linear_marks(highest, &number_text)};
  chart.y = latency_axis(histograms, 50);
  return chart;
}

}  // namespace

std::string bench_plots(const load::Plan& plan, const std::vector<StepResult>& results) {
  std::vector<LineChart> charts;
  if (results.size() > 1) charts.push_back(ramp_chart(plan, results));
  charts.push_back(percentile_chart(plan, results));
  return svg(charts);
}

}  // namespace parlance::app
