#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "net/loop.h"
#include "net/thread_pool.h"
#include "rpc/call_scope.h"

namespace parlance {

/// Runs blocking work on a pool's thread and comes back to the loop with its result (or its exception):
///
///   auto work = [&] { return decode(image); };   // named first: see Task about gcc 12
///   Image image = co_await offload(pool, work);
///
/// `work` is taken by reference and must live until then, as a local of the awaiting coroutine does.
template <typename Work>
class [[nodiscard]] offload {
 public:
  using Value = std::invoke_result_t<Work&>;
  static_assert(!std::is_void_v<Value>, "offload: the work returns a value");

  offload(net::ThreadPool& pool, Work& work) : pool_(pool), work_(work) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> waiting) {
    net::Loop* loop = net::Loop::current();
    require(loop != nullptr, "offload: awaited outside of a loop");
    pool_.post([this, waiter = detail::Waiter{waiting}, home = loop->handle()] {
      try {
        value_.emplace(work_());
      } catch (...) {
        thrown_ = std::current_exception();
      }
      home.post([waiter]() mutable { waiter.resume(); });
    });
  }
  Value await_resume() {
    if (thrown_) std::rethrow_exception(thrown_);
    return *std::move(value_);
  }

 private:
  net::ThreadPool& pool_;
  Work& work_;
  std::optional<Value> value_;
  std::exception_ptr thrown_;
};

}  // namespace parlance
