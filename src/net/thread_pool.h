#pragma once

#include <cstddef>
#include <functional>
#include <memory>

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
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance::net
