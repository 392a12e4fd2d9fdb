#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace parlance::net {

/// Threads for work that blocks or computes for long, away from the loops. The queue is bounded by who posts:
/// a call waits for its work, so there is never more than one job a call.
class ThreadPool {
 public:
  using Job = std::move_only_function<void()>;

  /// `threads` > 0.
  explicit ThreadPool(std::size_t threads);
  /// Runs what was posted, then joins.
  ~ThreadPool();

  /// From any thread.
  void post(Job job);

 private:
  void work();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;               // guarded by mutex_
  bool ending_ = false;                // guarded by mutex_
  std::vector<std::jthread> threads_;  // joined first
};

}  // namespace parlance::net
