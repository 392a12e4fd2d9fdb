#include "scheduling/service_time_estimator.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace parlance::scheduling {
namespace {

// A new run counts for an eighth of the mean and a quarter of the deviation, as in RFC 6298.
constexpr double kMeanGain = 0.125;
constexpr double kDeviationGain = 0.25;
// What the first run of a size says of its deviation.
constexpr double kFirstDeviation = 0.125;
// One size alone does not tell what rows cost: others are taken to need at most so many times as long, so
// that larger batches are tried and measured.
constexpr double kMostUnknown = 2;
constexpr double kStaleRuns = 20;

}  // namespace

std::size_t ServiceTimeEstimator::bin_of(std::size_t rows) {
  return std::min<std::size_t>(std::bit_width(std::max<std::size_t>(rows, 1) - 1), kBins - 1);
}

void ServiceTimeEstimator::learn(std::size_t rows, Duration took) {
  Bin& bin = bins_[bin_of(rows)];
  const auto ns = static_cast<double>(took.count());
  if (bin.samples++ == 0) {
    bin.rows = static_cast<double>(rows);
    bin.mean_ns = ns;
    bin.deviation_ns = ns * kFirstDeviation;
    return;
  }
  bin.rows += (static_cast<double>(rows) - bin.rows) * kMeanGain;
  bin.deviation_ns += (std::abs(ns - bin.mean_ns) - bin.deviation_ns) * kDeviationGain;
  bin.mean_ns += (ns - bin.mean_ns) * kMeanGain;
}

void ServiceTimeEstimator::measured(std::size_t rows, Duration took, TimePoint now) {
  learn(rows, took);
  measured_at_ = now;
}

Duration ServiceTimeEstimator::at(std::size_t rows, double deviations) const {
  const auto wanted = static_cast<double>(std::max<std::size_t>(rows, 1));
  const Bin* below = nullptr;  // the two known bins around `wanted`, or the last two below it
  const Bin* before = nullptr;
  const Bin* above = nullptr;
  for (const Bin& bin : bins_) {
    if (bin.samples == 0) continue;
    if (bin.rows > wanted) {
      above = &bin;
      break;
    }
    before = below;
    below = &bin;
  }
  double ns = 0;
  if (below == nullptr) {
    ns = above == nullptr ? 0 : above->ns(deviations);
  } else if (above == nullptr && before == nullptr) {
    ns = below->ns(deviations) * std::min(wanted / below->rows, kMostUnknown);
  } else {
    const Bin& low = above == nullptr ? *before : *below;
    const Bin& high = above == nullptr ? *below : *above;
    const double slope = std::max(0.0, (high.mean_ns - low.mean_ns) / (high.rows - low.rows));
    ns = below->ns(deviations) + slope * (wanted - below->rows);
  }
  return Duration{static_cast<Duration::rep>(ns)};
}

bool ServiceTimeEstimator::stale(TimePoint now) const {
  if (measured_at_ == TimePoint::min()) return true;
  const auto longest = static_cast<Duration::rep>(kStaleRuns * static_cast<double>(typical(1).count()));
  return now - measured_at_ > std::max(kFreshFor, Duration{longest});
}

}  // namespace parlance::scheduling
