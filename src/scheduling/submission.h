#pragma once

#include <coroutine>
#include <cstddef>
#include <span>

#include "base/timer_heap.h"
#include "rpc/call_scope.h"
#include "rpc/cancellation.h"
#include "rpc/server_call.h"
#include "scheduling/queued_request.h"
#include "scheduling/version_counters.h"

namespace parlance::scheduling {

/// `co_await`: puts requests of a call into their queues, all at once, and waits until each has its result.
/// Requests whose deadline passes, or all when the call is cancelled, leave their queue at that moment, on
/// the call's own loop. The first that fails takes those out that still wait: their answers are for nobody.
/// The only place that knows calls.
class Submission final : public Asker, CancellationListener, TimerNode {
 public:
  /// `requests` have everything but asker, number and arrived; they outlive the await.
  Submission(ServerCall& call, std::span<QueuedRequest> requests);
  ~Submission() override;

  bool await_ready() const { return requests_.empty(); }
  bool await_suspend(std::coroutine_handle<> waiting);
  void await_resume() const {}

  /// The first that failed, which has its result; null: all succeeded.
  const QueuedRequest* failed() const { return failed_; }

  bool gone() const override { return call_.cancelled(); }
  void answered(QueuedRequest& request) override;

 private:
  void on_cancelled() override;
  void on_timer() override;
  void submit();
  void leave_all();
  void leave(QueuedRequest& request, Outcome outcome, const Status& status);
  void arm();
  void resume_when_done();

  ServerCall& call_;
  const std::span<QueuedRequest> requests_;
  std::size_t left_ = 0;  // requests in a queue or a run
  const QueuedRequest* failed_ = nullptr;
  detail::Waiter waiter_;
};

}  // namespace parlance::scheduling
