#pragma once

#include <coroutine>
#include <cstddef>
#include <deque>
#include <exception>
#include <list>
#include <utility>

#include "rpc/call_scope.h"
#include "rpc/reader_writer.h"
#include "rpc/task.h"

namespace parlance::dialects::kserve {

/// The answers to the requests of one stream while they are made, several at a time: each is a task that
/// writes as it goes. For the call's loop; all must have ended before this is destroyed.
class RunningAnswers {
 public:
  RunningAnswers() = default;
  RunningAnswers(const RunningAnswers&) = delete;
  RunningAnswers& operator=(const RunningAnswers&) = delete;

  /// Starts it here.
  void start(Task<void> answer) {
    Running& running = running_.emplace_back(*this, std::move(answer));
    running.at = std::prev(running_.end());
    running.task.start(&RunningAnswers::on_done, &running);
  }

  struct Fewer {
    RunningAnswers& answers;
    std::size_t than;

    bool await_ready() const { return answers.running_.size() < than; }
    void await_suspend(std::coroutine_handle<> waiting) const {
      answers.wanted_ = than;
      answers.waiter_ = detail::Waiter{waiting};
    }
    void await_resume() const {}
  };
  /// `co_await answers.fewer_than(64)`: goes on when fewer than so many are left. One at a time.
  Fewer fewer_than(std::size_t count) { return {*this, count}; }

  /// What the first that threw has thrown; null: none did.
  std::exception_ptr thrown() const { return thrown_; }

 private:
  struct Running {
    Running(RunningAnswers& all, Task<void> one) : owner(all), task(std::move(one)) {}
    RunningAnswers& owner;
    Task<void> task;
    std::list<Running>::iterator at{};
  };

  static void on_done(void* context) {
    auto& running = *static_cast<Running*>(context);
    RunningAnswers& all = running.owner;
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

/// Lets tasks of one loop do something one after the other, in the order in which they asked.
class Turns {
 public:
  struct Next {
    Turns& turns;
    bool await_ready() const { return !turns.taken_; }
    void await_suspend(std::coroutine_handle<> waiting) const { turns.waiting_.emplace_back(waiting); }
    void await_resume() const { turns.taken_ = true; }
  };
  /// `co_await turns.next()`, and done() afterwards.
  Next next() { return {*this}; }
  void done() {
    taken_ = false;
    if (waiting_.empty()) return;
    detail::Waiter first = std::move(waiting_.front());
    waiting_.pop_front();
    first.resume();
  }

 private:
  bool taken_ = false;
  std::deque<detail::Waiter> waiting_;
};

}  // namespace parlance::dialects::kserve
