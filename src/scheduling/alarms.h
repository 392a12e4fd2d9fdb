#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "base/deadline.h"

namespace parlance::scheduling {

/// One thread that wakes the queues of all versions when they asked for it.
class Alarms {
 public:
  class Sleeper {
   public:
    /// On the thread of the alarms; must not take long.
    virtual void on_alarm() = 0;

   protected:
    ~Sleeper() = default;
  };

  Alarms() : thread_([this](const std::stop_token& stop) { ring(stop); }) {}
  ~Alarms() = default;
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;

  /// Calls `sleeper` at that time, unless it is gone by then. From any thread; each call rings once.
  void set(TimePoint at, std::weak_ptr<Sleeper> sleeper);

 private:
  void ring(const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::multimap<TimePoint, std::weak_ptr<Sleeper>> sleepers_;  // guarded by mutex_
  std::jthread thread_;                                        // last: it uses all of them
};

}  // namespace parlance::scheduling
