#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "base/deadline.h"

namespace parlance::models::synthetic {

/// A thread that calls what it was given when the time has come. Thread-safe.
class TimerThread {
 public:
  TimerThread() : thread_([this] { work(); }) {}
  /// What was not called yet never is.
  ~TimerThread();
  TimerThread(const TimerThread&) = delete;
  TimerThread& operator=(const TimerThread&) = delete;

  /// Calls `call` at `when`, or as soon as it can; in the order of `when`, then in that in which they came.
  void at(TimePoint when, std::move_only_function<void()> call);

 private:
  struct Entry {
    TimePoint when;
    std::uint64_t number;
    std::move_only_function<void()> call;
  };

  /// The earliest is on top of a heap ordered by this.
  static bool later(const Entry& a, const Entry& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Entry> heap_;   // guarded by mutex_
  std::uint64_t number_ = 0;  // guarded by mutex_
  bool stopping_ = false;     // guarded by mutex_
  std::thread thread_;        // last: it uses all the others
};

}  // namespace parlance::models::synthetic
