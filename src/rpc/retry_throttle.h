#pragma once

#include <algorithm>
#include <cstdint>

#include "rpc/service_config.h"

namespace parlance {

/// The tokens that decide whether calls to one server name are retried or hedged (gRPC A6). For one loop.
///
/// A failure is an attempt that ended with a status its policy would retry (or holds for not fatal), or whose
/// server asked not to retry; transparent retries are none. Counted in thousandths of a token.
class RetryThrottle {
 public:
  explicit RetryThrottle(const RetryThrottling& config)
      : maximum_(in_thousandths(config.max_tokens)),
        refill_(in_thousandths(config.token_ratio)),
        tokens_(maximum_) {}

  void on_failure() { tokens_ = std::max<std::int64_t>(tokens_ - kToken, 0); }
  void on_success() { tokens_ = std::min(tokens_ + refill_, maximum_); }
  /// More than half of the tokens are there. Does not take any.
  bool allows_retry() const { return 2 * tokens_ > maximum_; }

  double tokens() const { return static_cast<double>(tokens_) / kToken; }

 private:
  static constexpr std::int64_t kToken = 1000;

  /// To the nearest, as 0.57 · 1000 is a little less than 570.
  static std::int64_t in_thousandths(double tokens) {
    return static_cast<std::int64_t>(tokens * kToken + 0.5);
  }

  std::int64_t maximum_;
  std::int64_t refill_;
  std::int64_t tokens_;
};

}  // namespace parlance
