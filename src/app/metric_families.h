#pragma once

#include <prometheus/metric_family.h>

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "base/latency_histogram.h"

namespace parlance::app {

using MetricLabels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

/// A family of counters, gauges or histograms, filled as it is read. `name` has its unit, and "_total" when
/// it counts.
class MetricFamilyBuilder {
 public:
  MetricFamilyBuilder(std::string name, prometheus::MetricType type, std::string help);

  void counter(MetricLabels labels, double value);
  void gauge(MetricLabels labels, double value);
  /// In seconds, with gRPC's bounds.
  void histogram(MetricLabels labels, const LatencyHistogram& latency);
  /// `counts` has a value for each of `bounds` and one for what is over the last.
  void histogram(MetricLabels labels, std::span<const std::uint64_t> bounds,
                 std::span<const std::uint64_t> counts, double sum);

  prometheus::MetricFamily take() { return std::move(family_); }

 private:
  prometheus::ClientMetric& add(MetricLabels labels);

  prometheus::MetricFamily family_;
};

}  // namespace parlance::app
