#pragma once

#include "base/assert.h"
#include "base/deadline.h"

namespace parlance {

/// While it lives, Clock says on this thread what this says: for simulations and tests, in which time
/// passes when they say so. One a thread (checked).
class VirtualClock {
 public:
  explicit VirtualClock(TimePoint start) : now_(start) {
    require(Clock::simulated_ == nullptr, "VirtualClock: this thread has one already");
    Clock::simulated_ = &now_;
  }
  ~VirtualClock() { Clock::simulated_ = nullptr; }
  VirtualClock(const VirtualClock&) = delete;
  VirtualClock& operator=(const VirtualClock&) = delete;

  TimePoint now() const { return now_; }
  /// Time passes; an earlier moment changes nothing, since the clock is steady.
  void advance_to(TimePoint at) { now_ = std::max(now_, at); }

 private:
  TimePoint now_;
};

}  // namespace parlance
