#include "rpc/attempt_plan.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace parlance::detail {
namespace {

constexpr double kJitter = 0.2;  // gRPC A6: ± 20 %
constexpr Duration kNever = Duration::min();
// A call without a deadline does not sleep longer than this for a server: its caller is told instead, and
// RetryInfo says how long.
constexpr Duration kLongestPushback = std::chrono::seconds{30};

// How long the server asks to wait; kNever when it asks not to come back, which a text that is no number
// means too.
Duration pushback_of(std::string_view text) {
  std::int32_t milliseconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), milliseconds);
  if (error != std::errc{} || end != text.data() + text.size() || milliseconds < 0) return kNever;
  return std::chrono::milliseconds{milliseconds};
}

Duration backoff(const RetryPolicy& policy, unsigned earlier, double random) {
  const double grown = static_cast<double>(policy.initial_backoff.count()) *
                       std::pow(policy.backoff_multiplier, static_cast<double>(earlier));
  const double limited = std::min(grown, static_cast<double>(policy.max_backoff.count()));
  return Duration{static_cast<Duration::rep>(limited * (1 - kJitter + 2 * kJitter * random))};
}

}  // namespace

AttemptPlan::AttemptPlan(const std::variant<RetryPolicy, HedgingPolicy>& policy) : policy_(policy) {}

std::optional<Duration> AttemptPlan::on_started() {
  ++started_;
  const auto* hedging = std::get_if<HedgingPolicy>(&policy_);
  if (hedging == nullptr || no_more_ || started_ >= hedging->max_attempts) return std::nullopt;
  return hedging->hedging_delay;
}

AttemptPlan::Decision AttemptPlan::on_failure(const AttemptFailure& failure, RetryThrottle& throttle,
                                              double random) {
  if (failure.unprocessed && !std::exchange(repeated_unprocessed_, true)) {
    --started_;
    return {Next::kAgain};
  }
  if (const auto* retry = std::get_if<RetryPolicy>(&policy_)) {
    return after_failure(*retry, failure, throttle, random);
  }
  return after_failure(std::get<HedgingPolicy>(policy_), failure, throttle);
}

AttemptPlan::Decision AttemptPlan::after_failure(const RetryPolicy& policy, const AttemptFailure& failure,
                                                 RetryThrottle& throttle, double random) {
  if (!policy.retryable.contains(failure.code)) return {Next::kEnd};
  throttle.on_failure();
  if (started_ >= policy.max_attempts || !throttle.allows_retry()) return {Next::kEnd};
  if (!failure.pushback) return {Next::kAgain, backoff(policy, backoffs_++, random)};
  const Duration pushback = pushback_of(*failure.pushback);
  if (pushback == kNever || pushback > kLongestPushback) return {Next::kEnd};
  backoffs_ = 0;
  return {Next::kAgain, pushback};
}

AttemptPlan::Decision AttemptPlan::after_failure(const HedgingPolicy& policy, const AttemptFailure& failure,
                                                 RetryThrottle& throttle) {
  if (!policy.non_fatal.contains(failure.code)) return {Next::kEnd};
  throttle.on_failure();
  const Duration pushback = failure.pushback ? pushback_of(*failure.pushback) : Duration::zero();
  if (pushback == kNever) no_more_ = true;
  if (no_more_ || started_ >= policy.max_attempts || !throttle.allows_retry()) return {Next::kWait};
  return {Next::kAgain, pushback};
}

bool AttemptPlan::may_hedge(const RetryThrottle& throttle) const {
  return !no_more_ && throttle.allows_retry();
}

}  // namespace parlance::detail
