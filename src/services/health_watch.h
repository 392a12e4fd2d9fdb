#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <string>

#include "rpc/server_call.h"
#include "services/health_registry.h"

namespace parlance::services {

/// One service's status as a sequence of changes, awaited on a call's loop while other threads make them:
///
///   HealthWatch watch{registry, service, call};
///   while (auto status = co_await watch.next()) …
///
/// Holds no queue: a change is a word to look again, so what a slow caller missed is summed up.
class HealthWatch final : CancellationListener {
 public:
  /// On the call's loop, where it is also destroyed. The registry must outlive it.
  HealthWatch(HealthRegistry& registry, std::string service, ServerCall& call);
  ~HealthWatch();

  struct Next {
    HealthWatch& watch;
    bool await_ready() const { return watch.look(); }
    void await_suspend(std::coroutine_handle<> waiter) { watch.waiter_ = waiter; }
    std::optional<ServingStatus> await_resume() const { return watch.found_; }
  };
  /// The status now at first, then the next one that differs; SERVICE_UNKNOWN for a service that is not known
  /// (yet). Nothing once the call is cancelled, or when the registry is shut down and its last word was
  /// given.
  Next next() { return {*this}; }

 private:
  class Waker;

  void on_cancelled() override { wake(); }
  void wake();
  // Whether there is an answer for next(), which found_ then holds. Decided in one look: the status may have
  // changed back by a second one.
  bool look();

  HealthRegistry& registry_;
  const std::string service_;
  ServerCall& call_;
  std::shared_ptr<Waker> waker_;
  std::optional<ServingStatus> found_;
  std::optional<ServingStatus> given_;
  std::coroutine_handle<> waiter_;
};

}  // namespace parlance::services
