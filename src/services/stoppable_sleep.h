#pragma once

#include <coroutine>
#include <memory>
#include <mutex>
#include <vector>

#include "base/timer_heap.h"
#include "rpc/server_call.h"

namespace parlance::services {

class StoppableSleep;

/// Tells the streams of a service that stay open until their caller leaves to end, so that they do not hold
/// up a server's drain.
class StopSignal {
 public:
  /// From any thread; for good.
  void stop();

 private:
  friend class StoppableSleep;
  struct Waker;

  std::mutex mutex_;
  bool stopped_ = false;                          // guarded by mutex_
  std::vector<std::shared_ptr<Waker>> sleepers_;  // guarded by mutex_
};

/// The pauses of one call's handler, on the call's loop:
///
///   StoppableSleep sleep{signal, call};
///   while (!sleep.stopped()) { … co_await sleep.until(time); }
class StoppableSleep final : TimerNode, CancellationListener {
 public:
  /// `signal` and `call` outlive it.
  StoppableSleep(StopSignal& signal, ServerCall& call);
  ~StoppableSleep() override;

  /// The signal was given, or the call is cancelled.
  bool stopped() const { return stopped_ || call_.cancelled(); }

  struct Until {
    StoppableSleep& sleep;
    TimePoint at;
    bool await_ready() const { return sleep.stopped(); }
    void await_suspend(std::coroutine_handle<> sleeper) {
      sleep.sleeper_ = detail::Waiter{sleeper};
      sleep.call_.loop().arm(sleep, at);
    }
    void await_resume() const {}
  };
  /// Ready at that time, or as soon as it is stopped.
  Until until(TimePoint at) { return {*this, at}; }

 private:
  friend class StopSignal;

  void on_timer() override { wake(); }
  void on_cancelled() override { wake(); }
  void on_stopped() {
    stopped_ = true;
    wake();
  }
  void wake();

  StopSignal& signal_;
  ServerCall& call_;
  std::shared_ptr<StopSignal::Waker> waker_;
  bool stopped_ = false;
  detail::Waiter sleeper_;
};

}  // namespace parlance::services
