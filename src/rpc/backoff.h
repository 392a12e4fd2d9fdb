#pragma once

#include <algorithm>
#include <random>

#include "base/deadline.h"
#include "net/random.h"

namespace parlance::detail {

/// Pauses between attempts to connect: each 1.6 times the one before up to a maximum, with ±20 % jitter
/// (gRPC connection backoff protocol).
class Backoff {
 public:
  Backoff(Duration initial, Duration maximum) : initial_(initial), maximum_(maximum), base_(initial) {}

  Duration next() {
    const double factor = std::uniform_real_distribution{1 - kJitter, 1 + kJitter}(net::thread_random());
    const Duration pause = std::chrono::duration_cast<Duration>(base_ * factor);
    base_ = std::min(maximum_, std::chrono::duration_cast<Duration>(base_ * kMultiplier));
    return pause;
  }
  void reset() { base_ = initial_; }

 private:
  static constexpr double kMultiplier = 1.6;
  static constexpr double kJitter = 0.2;

  Duration initial_;
  Duration maximum_;
  Duration base_;
};

}  // namespace parlance::detail
