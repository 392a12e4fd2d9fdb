#pragma once

#include <cstddef>

#include "base/deadline.h"

namespace parlance::interceptors {

/// Who may run and who waits, with a bound on both. Knows no clock, lock or coroutine.
class AdmissionQueue {
 public:
  /// A call's place. Lives in the call, which takes it out (`drop`) when it stops waiting.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    bool waits() const { return next_ != nullptr; }

   private:
    friend class AdmissionQueue;
    Ticket* next_ = nullptr;
    Ticket* previous_ = nullptr;
    TimePoint since_;
  };
  enum class Decision : unsigned char { kRun, kWait, kShed };

  AdmissionQueue(std::size_t max_running, std::size_t max_waiting)
      : max_running_(max_running), max_waiting_(max_waiting) {
    ends_.next_ = ends_.previous_ = &ends_;
  }

  /// A call arrives. A retry is shed once the queue is half full: first attempts come before work that has
  /// been refused before.
  Decision enter(Ticket& ticket, bool is_retry, TimePoint now);
  /// A running call ends. Gives the one that runs in its place, the longest waiting; or null.
  Ticket* leave(TimePoint now);
  /// A waiting call stops waiting.
  void drop(Ticket& ticket);

  /// When a call that is shed now should come back: what calls have really waited of late (a moving average
  /// of those let in from the queue), or the age of the oldest one still waiting when that is more; from
  /// kSoonest to kLatest. Calls shed together are spread over up to twice that, so that they do not return
  /// together.
  Duration pushback(TimePoint now);

  std::size_t running() const { return running_; }
  std::size_t waiting() const { return waiting_; }

  static constexpr Duration kSoonest = std::chrono::milliseconds{10};
  static constexpr Duration kLatest = std::chrono::seconds{30};

 private:
  void unlink(Ticket& ticket);

  const std::size_t max_running_;
  const std::size_t max_waiting_;
  std::size_t running_ = 0;
  std::size_t waiting_ = 0;
  Ticket ends_;  // the list's head and end
  Duration average_wait_ = Duration::zero();
  unsigned shed_ = 0;
};

}  // namespace parlance::interceptors
