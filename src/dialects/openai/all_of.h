#pragma once

#include <coroutine>
#include <cstddef>
#include <utility>
#include <vector>

#include "rpc/call_scope.h"
#include "rpc/task.h"

namespace parlance::dialects::openai {

/// Runs several tasks at once on this loop and awaits them all; lives until then.
///
///   AllOf all{std::move(tasks)};
///   co_await all;
class AllOf {
 public:
  explicit AllOf(std::vector<Task<void>> tasks) : tasks_(std::move(tasks)), left_(tasks_.size()) {}
  AllOf(const AllOf&) = delete;
  AllOf& operator=(const AllOf&) = delete;

  bool await_ready() {
    for (Task<void>& task : tasks_) task.start(&AllOf::ended, this);
    return left_ == 0;
  }
  void await_suspend(std::coroutine_handle<> waiter) { waiter_ = detail::Waiter{waiter}; }
  /// Throws what one of them has thrown.
  void await_resume() {
    for (Task<void>& task : tasks_) task.take();
  }

 private:
  static void ended(void* self) {
    auto& all = *static_cast<AllOf*>(self);
    if (--all.left_ == 0) all.waiter_.resume();
  }

  std::vector<Task<void>> tasks_;
  std::size_t left_;
  detail::Waiter waiter_;
};

}  // namespace parlance::dialects::openai
