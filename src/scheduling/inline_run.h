#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <optional>

#include "base/status.h"
#include "models/backend.h"
#include "net/loop.h"
#include "rpc/call_scope.h"
#include "rpc/server_call.h"
#include "scheduling/inference_request.h"
#include "scheduling/version_counters.h"

namespace parlance::scheduling {

/// `co_await`: one run of one request on this thread, now: for models so short that handing them over would
/// cost more than it spares. An engine that answers later, on a thread of its own, is waited for.
class InlineRun {
 public:
  /// All three outlive the await. `deadline` is the request's.
  InlineRun(ServerCall& call, InferenceRequest& request, VersionCounters& counters)
      : call_(call), request_(request), counters_(counters) {}

  /// Whether the result is there already.
  bool await_ready();
  bool await_suspend(std::coroutine_handle<> waiting);
  Result<InferenceResult> await_resume();

 private:
  enum class Stage : std::uint8_t { kRunning, kWaitedFor, kDone };

  void on_done(Result<models::RunOutputs> outputs);
  Result<InferenceResult> refuse(Outcome outcome, Status status);

  ServerCall& call_;
  InferenceRequest& request_;
  VersionCounters& counters_;
  TimePoint began_;
  TimePoint ended_;
  std::size_t copied_bytes_ = 0;
  std::size_t rows_ = 1;
  bool ran_ = false;
  std::atomic<Stage> stage_ = Stage::kRunning;
  std::optional<Result<models::RunOutputs>> outputs_;
  std::optional<net::LoopHandle> home_;
  detail::Waiter waiter_;
};

}  // namespace parlance::scheduling
