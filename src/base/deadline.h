#pragma once

#include <algorithm>
#include <chrono>

namespace parlance {

using Clock = std::chrono::steady_clock;
using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// The moment after which nobody waits for an answer any more; absolute, so that it can be handed on without
/// being restarted. `Deadline::never()` is later than every other deadline.
class Deadline {
 public:
  constexpr Deadline() = default;
  constexpr explicit Deadline(TimePoint at) : at_(at) {}

  static constexpr Deadline never() { return {}; }
  /// `timeout` from `now`; a sum past the clock's range is never().
  static constexpr Deadline after(TimePoint now, Duration timeout) {
    if (timeout > TimePoint::max() - now) return never();
    return Deadline{now + timeout};
  }

  constexpr bool is_never() const { return at_ == TimePoint::max(); }
  constexpr TimePoint at() const { return at_; }
  constexpr bool expired(TimePoint now) const { return now >= at_; }
  /// Time left, never negative; Duration::max() for never().
  constexpr Duration remaining(TimePoint now) const {
    if (is_never()) return Duration::max();
    return std::max(at_ - now, Duration::zero());
  }

  constexpr auto operator<=>(const Deadline&) const = default;

 private:
  TimePoint at_ = TimePoint::max();
};

constexpr Deadline earliest(Deadline a, Deadline b) { return std::min(a, b); }

}  // namespace parlance
