#pragma once

#include <coroutine>
#include <deque>
#include <utility>

#include "rpc/call_scope.h"

namespace parlance::dialects::kserve {

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
