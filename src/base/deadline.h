#pragma once

#include <algorithm>
#include <chrono>

namespace parlance {

/// The system's steady clock; on a thread that simulates, the time of its VirtualClock.
class Clock {
  using System = std::chrono::steady_clock;

 public:
  using rep = System::rep;
  using period = System::period;
  using duration = System::duration;
  using time_point = System::time_point;
  static constexpr bool is_steady = true;

  static time_point now() { return simulated_ == nullptr ? System::now() : *simulated_; }

 private:
  friend class VirtualClock;
  static constinit inline thread_local const time_point* simulated_ = nullptr;
};

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
