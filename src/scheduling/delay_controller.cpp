#include "scheduling/delay_controller.h"

#include <algorithm>

namespace parlance::scheduling {
namespace {

// In 40 decisions from no delay to all of the target; three decisions take back half.
constexpr int kSteps = 40;
constexpr int kShrinkPercent = 80;
// Between this and the target the delay stays: a percentile of few values jumps about.
constexpr int kEnoughPercent = 90;

}  // namespace

DelayController::DelayController(Duration target_p99, std::size_t max_batch)
    : target_(target_p99), most_(max_batch), batch_(max_batch) {
  window_.reserve(kWindow);
}

void DelayController::measured(Duration latency, TimePoint now, const ServiceTimeEstimator& times) {
  // What was decided last shows only in requests that came after it: those before it are forgotten.
  if (now - latency < decided_at_) return;
  window_.push_back(latency);
  if (window_.size() < kWindow) return;
  decide(times);
  decided_at_ = now;
  window_.clear();
}

void DelayController::decide(const ServiceTimeEstimator& times) {
  const auto at = window_.begin() + static_cast<std::ptrdiff_t>(kWindow * 99 / 100 - 1);
  std::ranges::nth_element(window_, at);
  const Duration p99 = *at;
  if (p99 > target_)
    delay_ = delay_ * kShrinkPercent / 100;
  else if (p99 < target_ * kEnoughPercent / 100)
    delay_ = std::min(delay_ + target_ / kSteps, target_);
  std::size_t fits = most_;
  while (fits > 1 && times.typical(fits) * 2 > target_) --fits;
  batch_ = fits;
}

}  // namespace parlance::scheduling
