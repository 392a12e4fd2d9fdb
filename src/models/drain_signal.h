#pragma once

#include <condition_variable>
#include <mutex>

namespace parlance::models {

/// Wakes who frees versions when one may be free. Shared by all versions of a repository; outlives it when a
/// handle does.
class DrainSignal {
 public:
  void give();
  void stop();
  /// Until it is given; false: stopped.
  bool wait();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool given_ = false;    // guarded by mutex_
  bool stopped_ = false;  // guarded by mutex_
};

}  // namespace parlance::models
