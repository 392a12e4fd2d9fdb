#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>

#include <signal.h>

#include "base/deadline.h"

namespace parlance::net {

/// Waits for a signal, on whichever thread it arrives. One at a time in a process (checked). From the first
/// signal on, and at the latest when it is destroyed, the signals do what they did before, so a second one
/// ends the process.
class SignalWait {
 public:
  static constexpr std::size_t kMostSignals = 4;

  explicit SignalWait(std::initializer_list<int> signals);
  ~SignalWait();
  SignalWait(const SignalWait&) = delete;
  SignalWait& operator=(const SignalWait&) = delete;

  /// Blocks this thread until one comes; which one it was.
  int wait();
  /// The same until `at`: nothing when none came.
  std::optional<int> wait_until(TimePoint at);

 private:
  void restore();

  std::array<int, kMostSignals> signals_{};
  std::array<struct sigaction, kMostSignals> before_{};
  std::size_t count_ = 0;
};

}  // namespace parlance::net
