#pragma once

#include <concepts>
#include <coroutine>
#include <exception>
#include <expected>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/assert.h"
#include "base/slab.h"
#include "base/status.h"
#include "rpc/outgoing.h"

namespace parlance {

template <typename T>
class Task;

namespace detail {

template <typename T>
inline constexpr bool is_result = false;
template <typename T>
inline constexpr bool is_result<Result<T>> = true;

// What may be returned in place of a T.
template <typename T>
struct LoanOf {};
template <Reusable T>
struct LoanOf<Result<T>> {
  std::optional<Outgoing<T>> message;
};
template <typename Value, typename T>
inline constexpr bool is_loan_of = false;
template <typename T>
inline constexpr bool is_loan_of<Outgoing<T>, Result<T>> = true;

// What every task's promise has, whatever it returns: frames from the slab, a lazy start, and who goes on at
// the end.
class TaskPromiseBase {
 public:
  using OnDone = void (*)(void* context);

  static void* operator new(std::size_t size_bytes) { return Slab::allocate(size_bytes); }
  static void operator delete(void* frame, std::size_t size_bytes) { Slab::deallocate(frame, size_bytes); }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <typename Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
      TaskPromiseBase& promise = done.promise();
      if (promise.continuation_) return promise.continuation_;
      if (promise.on_done_ != nullptr) promise.on_done_(promise.context_);  // may destroy the frame
      return std::noop_coroutine();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { exception_ = std::current_exception(); }

  void set_continuation(std::coroutine_handle<> next) { continuation_ = next; }
  void set_on_done(OnDone on_done, void* context) {
    on_done_ = on_done;
    context_ = context;
  }

 protected:
  void rethrow_exception() const {
    if (exception_) std::rethrow_exception(exception_);
  }

 private:
  std::coroutine_handle<> continuation_;
  OnDone on_done_ = nullptr;
  void* context_ = nullptr;
  std::exception_ptr exception_;
};

template <typename T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();

  // A Status ends a Task<Result<T>> as its error, without std::unexpected around it.
  template <typename Value = T>
    requires std::convertible_to<Value&&, T> || is_loan_of<std::remove_cvref_t<Value>, T> ||
             (is_result<T> && std::same_as<std::remove_cvref_t<Value>, Status>)
  void return_value(Value&& value) {
    if constexpr (is_loan_of<std::remove_cvref_t<Value>, T>) {
      loan_.message.emplace(std::forward<Value>(value));
    } else if constexpr (is_result<T> && std::same_as<std::remove_cvref_t<Value>, Status>) {
      require(!value.ok(), "co_return of an OK Status where a Result needs a value");
      value_.emplace(std::unexpected(std::forward<Value>(value)));
    } else {
      value_.emplace(std::forward<Value>(value));
    }
  }

  T take() {
    rethrow_exception();
    if constexpr (requires { loan_.message; }) {
      if (loan_.message) return std::move(**loan_.message);
    }
    return *std::move(value_);
  }
  const T& result() const {
    rethrow_exception();
    return *value_;
  }
  /// Of a Task<Result<M>>: the M, or null and result() has the error.
  const auto* message() const {
    rethrow_exception();
    if constexpr (requires { loan_.message; }) {
      if (loan_.message) return static_cast<const typename T::value_type*>(&**loan_.message);
    }
    return value_->has_value() ? &**value_ : nullptr;
  }

 private:
  std::optional<T> value_;
  [[no_unique_address]] LoanOf<T> loan_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() const noexcept {}
  void take() const { rethrow_exception(); }
};

}  // namespace detail

/// A coroutine that computes a `T`: what handlers return and what the functions they call may be. It starts
/// when it is awaited and runs on the loop of whoever awaits it. Frames come from the slab, so a task in
/// steady state allocates nothing. An exception leaves it at the await.
///
/// gcc 12 miscompiles some coroutines; in the full expression of a `co_await` write no capturing lambda and
/// no non-trivial temporary, no `?:` around it, and no structured binding of it (docs/coroutines.md).
template <typename T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using value_type = T;

  Task(Task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(frame_, other.frame_);
    return *this;
  }
  ~Task() {
    if (frame_) frame_.destroy();
  }

  auto operator co_await() && noexcept {
    struct Awaiter {
      std::coroutine_handle<promise_type> frame;
      bool await_ready() const noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) const noexcept {
        frame.promise().set_continuation(caller);
        return frame;
      }
      T await_resume() const { return frame.promise().take(); }
    };
    return Awaiter{frame_};
  }

  /// Starts it on this loop and blocks this thread until it is done; never on a loop's thread (checked).
  /// Runs on the background loop.
  T wait() &&;

  /// For drivers: starts the task here; `on_done(context)` is called when it has ended, and may destroy it.
  void start(detail::TaskPromiseBase::OnDone on_done, void* context) {
    frame_.promise().set_on_done(on_done, context);
    frame_.resume();
  }
  /// After the end: what it returned, or its exception.
  T take() { return frame_.promise().take(); }
  /// The same where it lies, for as long as the task lives.
  decltype(auto) result() const { return frame_.promise().result(); }
  /// Of a Task<Result<M>>: the M where it lies, or null and result() has the error.
  decltype(auto) message() const { return frame_.promise().message(); }

 private:
  friend promise_type;
  explicit Task(std::coroutine_handle<promise_type> frame) : frame_(frame) {}

  std::coroutine_handle<promise_type> frame_;
};

template <typename T>
Task<T> detail::TaskPromise<T>::get_return_object() {
  return Task<T>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
}
inline Task<void> detail::TaskPromise<void>::get_return_object() {
  return Task<void>{std::coroutine_handle<TaskPromise>::from_promise(*this)};
}

}  // namespace parlance

#include "rpc/wait.h"  // IWYU pragma: export  (Task::wait)
