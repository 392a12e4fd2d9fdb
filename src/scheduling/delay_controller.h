#pragma once

#include <cstddef>
#include <vector>

#include "base/deadline.h"
#include "scheduling/service_time_estimator.h"

namespace parlance::scheduling {

/// Finds how long batches wait, and how large they get, for a wished 99th percentile of latency (queue and
/// run). Knows no clock.
///
/// The delay grows by steps while the measured percentile is below the target and shrinks by a factor when it
/// is above (additive increase, multiplicative decrease, as Clipper finds its batch sizes, NSDI 2017). A
/// batch gets as large as its run fits twice into the target: a request may just have missed one run and then
/// has its own (Nexus, SOSP 2019).
class DelayController {
 public:
  /// `max_batch` rows are the most in any case.
  DelayController(Duration target_p99, std::size_t max_batch);

  /// A request was answered after `latency`.
  void measured(Duration latency, TimePoint now, const ServiceTimeEstimator& times);

  Duration max_delay() const { return delay_; }
  std::size_t max_batch() const { return batch_; }

  /// Latencies that one decision is made of: two of them are above the percentile.
  static constexpr std::size_t kWindow = 200;

 private:
  void decide(const ServiceTimeEstimator& times);

  const Duration target_;
  const std::size_t most_;
  Duration delay_{};
  std::size_t batch_;
  TimePoint decided_at_ = TimePoint::min();
  std::vector<Duration> window_;
};

}  // namespace parlance::scheduling
