#include "app/metric_families.h"

#include <chrono>

#include "base/assert.h"

namespace parlance::app {
namespace {

constexpr double kMicrosecond = 1e-6;
constexpr double kNanosecond = 1e-9;

// Buckets hold all that is at or below their bound; the one without a bound is the sample count.
void fill(prometheus::ClientMetric::Histogram& histogram, std::span<const std::uint64_t> bounds,
          std::span<const std::uint64_t> counts, double unit) {
  require(counts.size() == bounds.size() + 1, "a histogram has a count more than it has bounds");
  std::uint64_t sum = 0;
  histogram.bucket.reserve(bounds.size());
  for (std::size_t i = 0; i < bounds.size(); ++i) {
    sum += counts[i];
    histogram.bucket.push_back(
        {.cumulative_count = sum, .upper_bound = static_cast<double>(bounds[i]) * unit});
  }
  histogram.sample_count = sum + counts.back();
}

}  // namespace

MetricFamilyBuilder::MetricFamilyBuilder(std::string name, prometheus::MetricType type, std::string help) {
  family_.name = std::move(name);
  family_.type = type;
  family_.help = std::move(help);
}

prometheus::ClientMetric& MetricFamilyBuilder::add(MetricLabels labels) {
  prometheus::ClientMetric& metric = family_.metric.emplace_back();
  for (const auto& [name, value] : labels) metric.label.push_back({std::string{name}, std::string{value}});
  return metric;
}

void MetricFamilyBuilder::counter(MetricLabels labels, double value) { add(labels).counter.value = value; }
void MetricFamilyBuilder::gauge(MetricLabels labels, double value) { add(labels).gauge.value = value; }

void MetricFamilyBuilder::histogram(MetricLabels labels, const LatencyHistogram& latency) {
  prometheus::ClientMetric::Histogram& histogram = add(labels).histogram;
  fill(histogram, kLatencyBoundsUs, latency.counts, kMicrosecond);
  histogram.sample_sum = static_cast<double>(latency.ns) * kNanosecond;
}

void MetricFamilyBuilder::histogram(MetricLabels labels, std::span<const std::uint64_t> bounds,
                                    std::span<const std::uint64_t> counts, double sum) {
  prometheus::ClientMetric::Histogram& histogram = add(labels).histogram;
  fill(histogram, bounds, counts, 1);
  histogram.sample_sum = sum;
}

}  // namespace parlance::app
