#include "scheduling/inline_run.h"

#include <utility>

#include "scheduling/aligned_inputs.h"
#include "scheduling/errors.h"
#include "scheduling/rows.h"

namespace parlance::scheduling {

bool InlineRun::await_ready() {
  began_ = Clock::now();
  if (request_.deadline.expired(began_) || call_.cancelled()) return true;
  ran_ = true;
  copied_bytes_ = align_inputs(request_.inputs);
  rows_ = rows_of(request_.inputs);
  request_.model.engine().run(std::move(request_.inputs),
                              [this](Result<models::RunOutputs> outputs) { on_done(std::move(outputs)); });
  return stage_.load(std::memory_order_acquire) == Stage::kDone;
}

/// On whatever thread the engine answers. After the exchange this object may be gone, unless it is waited
/// for.
void InlineRun::on_done(Result<models::RunOutputs> outputs) {
  outputs_.emplace(std::move(outputs));
  ended_ = Clock::now();
  if (stage_.exchange(Stage::kDone, std::memory_order_acq_rel) == Stage::kWaitedFor)
    home_->post([this] { waiter_.resume(); });
}

bool InlineRun::await_suspend(std::coroutine_handle<> waiting) {
  home_ = call_.loop().handle();
  waiter_ = detail::Waiter{waiting};
  Stage expected = Stage::kRunning;
  return stage_.compare_exchange_strong(expected, Stage::kWaitedFor, std::memory_order_acq_rel);
}

Result<InferenceResult> InlineRun::refuse(Outcome outcome, Status status) {
  counters_.saved_work(outcome);
  counters_.ended(outcome, Duration::zero());
  return std::unexpected{std::move(status)};
}

Result<InferenceResult> InlineRun::await_resume() {
  if (!ran_) {
    if (request_.deadline.expired(began_)) return refuse(Outcome::kExpired, deadline_passed(kBeforeRun));
    return refuse(Outcome::kCancelled, caller_left());
  }
  const RunTimes times{.infer = ended_ - began_};
  counters_.executed(rows_, times, ended_);
  counters_.ran(Duration::zero(), times);
  if (!*outputs_) {
    counters_.ended(Outcome::kFail, times.infer);
    return std::unexpected{std::move(*outputs_).error()};
  }
  models::RunOutputs& outputs = **outputs_;
  copied_bytes_ += outputs.copied_bytes;
  counters_.copied(copied_bytes_);
  if (request_.deadline.expired(ended_)) {
    counters_.late_work();
    counters_.ended(Outcome::kExpired, times.infer);
    return std::unexpected{deadline_passed(kDuringRun)};
  }
  counters_.ended(Outcome::kSuccess, times.infer);
  return InferenceResult{.outputs = std::move(outputs.tensors),
                         .computed = times.infer,
                         .batch_rows = rows_,
                         .copied_bytes = copied_bytes_};
}

}  // namespace parlance::scheduling
