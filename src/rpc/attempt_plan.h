#pragma once

#include <optional>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "rpc/retry_throttle.h"
#include "rpc/service_config.h"

namespace parlance::detail {

/// How an attempt failed, as far as that decides about the next one.
struct AttemptFailure {
  StatusCode code = StatusCode::kUnknown;
  /// The value of the `grpc-retry-pushback-ms` trailer.
  std::optional<std::string_view> pushback = {};
  /// The server is known not to have looked at the call (REFUSED_STREAM, or an id above its GOAWAY's).
  bool unprocessed = false;
};

/// Which attempts a call may make: retries, hedges and transparent retries (gRPC A6). Pure.
class AttemptPlan {
 public:
  /// `policy` outlives the plan.
  explicit AttemptPlan(const std::variant<RetryPolicy, HedgingPolicy>& policy);

  enum class Next : std::uint8_t {
    kEnd,    // the failure is the call's
    kWait,   // for the attempts that run; the failure is the call's when there are none
    kAgain,  // one more, after `pause`
  };
  struct Decision {
    Next next = Next::kEnd;
    Duration pause = Duration::zero();
  };

  /// An attempt begins. Returns when the next hedge is due if nothing happens; nothing: never.
  std::optional<Duration> on_started();
  /// Attempts begun and counted so far; a transparent retry takes the place of the one it repeats.
  unsigned started() const { return started_; }

  /// `random` in [0, 1): the jitter.
  Decision on_failure(const AttemptFailure& failure, RetryThrottle& throttle, double random);
  /// Whether a hedge that is due may begin.
  bool may_hedge(const RetryThrottle& throttle) const;

 private:
  Decision after_failure(const RetryPolicy& policy, const AttemptFailure& failure, RetryThrottle& throttle,
                         double random);
  Decision after_failure(const HedgingPolicy& policy, const AttemptFailure& failure, RetryThrottle& throttle);

  const std::variant<RetryPolicy, HedgingPolicy>& policy_;
  unsigned started_ = 0;
  unsigned backoffs_ = 0;
  bool repeated_unprocessed_ = false;
  bool no_more_ = false;
};

}  // namespace parlance::detail
