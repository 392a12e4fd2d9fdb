#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <iterator>
#include <list>
#include <utility>

#include "rpc/call_scope.h"
#include "rpc/task.h"

namespace parlance::dialects {

/// Tasks of one call that run side by side on its loop. All must have ended before this is destroyed.
///
///   tasks.start(answer(request));
///   co_await tasks.fewer_than(1);
///   tasks.rethrow();
class RunningTasks {
 public:
  RunningTasks() = default;
  RunningTasks(const RunningTasks&) = delete;
  RunningTasks& operator=(const RunningTasks&) = delete;

  /// Starts it here.
  void start(Task<void> task) {
    Running& running = running_.emplace_back(*this, std::move(task));
    running.at = std::prev(running_.end());
    running.task.start(&RunningTasks::on_done, &running);
  }

  struct Fewer {
    RunningTasks& tasks;
    std::size_t than;

    bool await_ready() const { return tasks.running_.size() < than; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      tasks.wanted_ = than;
      tasks.waiter_ = detail::Waiter{waiting};
    }
    void await_resume() const {}
  };
  /// `co_await tasks.fewer_than(64)`: goes on when fewer than so many are left. One at a time.
  Fewer fewer_than(std::size_t count) { return {*this, count}; }

  /// Throws what the first that threw has thrown, if one did.
  void rethrow() const {
    if (thrown_) std::rethrow_exception(thrown_);
  }

 private:
  struct Running {
    Running(RunningTasks& all, Task<void> one) : owner(all), task(std::move(one)) {}
    RunningTasks& owner;
    Task<void> task;
    std::list<Running>::iterator at{};
  };

  static void on_done(void* context) {
    auto& running = *static_cast<Running*>(context);
    RunningTasks& all = running.owner;
    try {
      running.task.take();
    } catch (...) {
      if (!all.thrown_) all.thrown_ = std::current_exception();
    }
    all.running_.erase(running.at);
    if (all.running_.size() < all.wanted_) std::exchange(all.waiter_, {}).resume();
  }

  std::list<Running> running_;
  std::size_t wanted_ = 0;
  detail::Waiter waiter_;
  std::exception_ptr thrown_;
};

}  // namespace parlance::dialects
