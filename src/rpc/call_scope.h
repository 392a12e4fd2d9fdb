#pragma once

#include <coroutine>
#include <utility>

namespace parlance {

class ServerCall;

namespace detail {

/// The server call that this thread works for at the moment, or null. Client calls made meanwhile inherit its
/// deadline and its cancellation.
ServerCall* current_call();

/// Makes `call` the current one for as long as this lives.
class CallScope {
 public:
  explicit CallScope(ServerCall* call);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;

 private:
  ServerCall* const before_;
};

/// A suspended coroutine, and the server call it works for: resumed, it works for that one again. Every
/// awaitable of this library keeps its coroutine in one of these.
class Waiter {
 public:
  Waiter() = default;
  /// Of the coroutine that is being suspended on this thread.
  explicit Waiter(std::coroutine_handle<> suspended) : suspended_(suspended), call_(current_call()) {}

  explicit operator bool() const { return suspended_ != nullptr; }
  /// Resumes it if there is one; this object is empty before that, and may be gone afterwards.
  void resume() {
    if (const auto resumed = std::exchange(suspended_, nullptr)) {
      const CallScope scope{call_};
      resumed.resume();
    }
  }

 private:
  std::coroutine_handle<> suspended_;
  ServerCall* call_ = nullptr;
};

}  // namespace detail
}  // namespace parlance
