// VersionQueue: making a run.

#include <algorithm>
#include <chrono>
#include <utility>

#include "scheduling/batch_assembly.h"
#include "scheduling/errors.h"
#include "scheduling/rows.h"
#include "scheduling/version_queue.h"

namespace parlance::scheduling {
namespace {

/// While it lives this thread begins a run. One that has its answer at once does not begin the next from in
/// there, which would begin the next from in there.
class Beginning {
 public:
  Beginning() { is_on_this_thread_ = true; }
  ~Beginning() { is_on_this_thread_ = false; }
  Beginning(const Beginning&) = delete;
  Beginning& operator=(const Beginning&) = delete;

  static bool is_on_this_thread() { return is_on_this_thread_; }

 private:
  static inline thread_local bool is_on_this_thread_ = false;
};

}  // namespace

struct VersionQueue::Run {
  std::uint64_t number = 0;
  std::vector<QueuedRequest*> requests;
  std::size_t rows = 0;
  BatchRecord record{};
  TimePoint began{};
  TimePoint infer_began{};
  RunTimes times{};

  /// From any thread, until it is executed.
  bool is_wanted(TimePoint now) const {
    return std::ranges::any_of(requests, [now](const QueuedRequest* request) {
      return !request->asker->gone() && !request->deadline.expired(now);
    });
  }
};

void VersionQueue::drop_left_out(const BatchPlan& plan, TimePoint now, Answers& answers) {
  for (Waiting* each : plan.expired)
    drop(static_cast<QueuedRequest&>(*each), Outcome::kExpired, deadline_passed(kBeforeRun), now, answers);
  for (Waiting* each : plan.too_late)
    drop(static_cast<QueuedRequest&>(*each), Outcome::kExpired,
         deadline_too_near(each->deadline.remaining(now), batches_.times().typical(each->rows)), now,
         answers);
}

/// False, and it has its answer, when its caller has gone; a queue that runs everything counts that instead.
bool VersionQueue::still_wanted(QueuedRequest& request, TimePoint now, Answers& answers) {
  const bool gone = request.asker->gone();
  if (runs_everything_) {
    if (gone || request.deadline.expired(now)) counters_->dead_work();
    return true;
  }
  if (gone) drop(request, Outcome::kCancelled, caller_left(), now, answers);
  return !gone;
}

std::size_t VersionQueue::padding_of(std::size_t rows) const {
  if (!config_.batching.pad || max_batch_ <= 1) return 0;
  const auto& preferred = config_.batching.preferred;
  const auto next = std::ranges::lower_bound(preferred, rows);
  return next == preferred.end() ? 0 : *next - rows;
}

/// Null when there is nothing to be run after all.
std::shared_ptr<VersionQueue::Run> VersionQueue::take_run(TimePoint now, Answers& answers) {
  const BatchQueue::Start start = batches_.begin(now);
  drop_left_out(start.plan, now, answers);
  if (start.plan.run.empty()) return nullptr;
  auto run = std::make_shared<Run>();
  run->number = start.run;
  run->began = now;
  for (Waiting* each : start.plan.run) {
    auto& request = static_cast<QueuedRequest&>(*each);
    if (!still_wanted(request, now, answers)) continue;
    request.stage = QueuedRequest::Stage::kRunning;
    run->requests.push_back(&request);
    run->rows += request.rows;
    run->record.waited = std::max(run->record.waited, now - request.arrived);
  }
  if (run->requests.empty()) {
    batches_.abandoned(run->number);
    release(*run, answers);
    return nullptr;
  }
  if (sequences_.used()) {
    QueuedRequest& only = *run->requests.front();
    only.inputs = sequences_.with_state(only, std::move(only.inputs));
  }
  run->record.began = std::chrono::system_clock::now();
  run->record.rows = run->rows;
  // One without rows, which counts as a row, runs alone and as it is.
  run->record.padded_rows = rows_of(run->requests.front()->inputs) == 0 ? 0 : padding_of(run->rows);
  run->record.requests = run->requests.size();
  run->record.reason = start.plan.reason;
  run->record.queue_left = batches_.queue().size();
  return run;
}

/// On a worker, or where pump() says so.
void VersionQueue::work() {
  Answers answers;
  std::shared_ptr<Run> run;
  {
    const Lock lock{mutex_};
    work_posted_ = false;
    const TimePoint now = Clock::now();
    run = take_run(now, answers);
    pump(now);  // another worker for what else can be run
  }
  answers.post();
  if (run != nullptr) execute(run);
}

void VersionQueue::execute(const std::shared_ptr<Run>& run) {
  const Beginning beginning;
  models::Tensors inputs = assemble(run->requests, run->rows, run->record.padded_rows);
  run->infer_began = Clock::now();
  run->times.input = run->infer_began - run->began;
  models::RunCompletion done = [self = shared_from_this(), run](Result<models::RunOutputs> outputs) {
    self->executed(*run, std::move(outputs));
  };
  if (const QueuedRequest& first = *run->requests.front(); first.sink != nullptr)
    return loaded_.model->run_stream(std::move(inputs), first.sink, std::move(done));
  if (!loaded_.model->is_own_code()) return loaded_.model->run(std::move(inputs), std::move(done));
  loaded_.model->run_if_wanted(
      std::move(inputs), [run] { return run->is_wanted(Clock::now()); }, std::move(done));
}

std::vector<Result<models::Tensors>> VersionQueue::take_apart(const Run& run,
                                                              Result<models::RunOutputs>& outputs) const {
  std::vector<Result<models::Tensors>> parts;
  parts.reserve(run.requests.size());
  if (!outputs) {
    parts.assign(run.requests.size(), std::unexpected{outputs.error()});
  } else if (run.requests.size() == 1 && run.record.padded_rows == 0) {
    parts.emplace_back(std::move(outputs->tensors));
  } else if (!have_rows(outputs->tensors, run.rows + run.record.padded_rows)) {
    parts.assign(run.requests.size(), std::unexpected{wrong_rows(model_, run.rows + run.record.padded_rows)});
  } else {
    std::size_t first = 0;
    for (const QueuedRequest* request : run.requests) {
      parts.emplace_back(slice_rows(outputs->tensors, first, request->rows));
      first += request->rows;
    }
  }
  return parts;
}

/// On a worker or a thread of the engine. After the answers are posted nothing of the version may be
/// touched, but by the next run, whose requests pin it.
void VersionQueue::executed(Run& run, Result<models::RunOutputs> outputs) {
  const TimePoint infer_ended = Clock::now();
  run.times.infer = infer_ended - run.infer_began;
  const bool is_typical = outputs && outputs->is_typical;
  std::vector<Result<models::Tensors>> parts = take_apart(run, outputs);
  const TimePoint ended = Clock::now();
  run.times.output = ended - infer_ended;
  const std::size_t engine_copied = outputs ? outputs->copied_bytes : 0;
  counters_->executed(run.rows, run.times, ended);
  const bool may_begin = runs_elsewhere_ && !Beginning::is_on_this_thread();
  Next next = Next::kNothing;
  Answers answers;
  {
    const Lock lock{mutex_};
    if (is_typical)
      batches_.ended(run.number, run.times.total(), ended);
    else
      batches_.abandoned(run.number);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      QueuedRequest& request = *run.requests[i];
      answer(run, request, std::move(parts[i]), engine_copied * request.rows / run.rows);
      batches_.answered(ended - request.arrived, ended);
      promote(sequences_.leave(request, ended), ended, answers);
    }
    run.record.computed = run.times.total();
    record(run);
    release(run, answers);
    next = pump(ended, may_begin);
  }
  answers.post();
  if (next == Next::kBegin) work();
}

void VersionQueue::answer(Run& run, QueuedRequest& request, Result<models::Tensors> outputs,
                          std::size_t copied_bytes) {
  const TimePoint ended = run.began + run.times.total();
  const Duration queued = run.began - request.arrived;
  if (request.is_counted) counters_->ran(queued, run.times);
  request.copied_bytes += copied_bytes;
  counters_->copied(request.copied_bytes);
  if (!outputs) return finish(request, Outcome::kFail, std::unexpected{std::move(outputs).error()}, ended);
  if (sequences_.used()) outputs = sequences_.without_state(request, *std::move(outputs));
  const bool begun_in_time = !request.deadline.expired(run.began);
  if (request.asker->gone() || request.deadline.expired(ended)) {
    // A stream ends where its reader left; what is not streamed was computed to its end for nobody.
    if (request.sink != nullptr)
      counters_->saved_work(Outcome::kCancelled);
    else if (begun_in_time)
      counters_->late_work();
    const bool expired = request.deadline.expired(ended);
    return finish(request, expired ? Outcome::kExpired : Outcome::kCancelled,
                  std::unexpected{expired ? deadline_passed(kDuringRun) : caller_left()}, ended);
  }
  finish(request, Outcome::kSuccess,
         InferenceResult{.outputs = *std::move(outputs),
                         .queued = queued,
                         .computed = run.times.total(),
                         .batch_rows = run.rows,
                         .copied_bytes = request.copied_bytes},
         ended);
}

/// Lets the answers of a run go, unless those of an earlier run are to go first.
void VersionQueue::release(const Run& run, Answers& answers) {
  if (!config_.batching.preserve_order) {
    for (QueuedRequest* request : run.requests) answers.add(*request);
    return;
  }
  held_[run.number] = run.requests;
  while (!held_.empty() && held_.begin()->first == next_release_) {
    for (QueuedRequest* request : held_.begin()->second) answers.add(*request);
    held_.erase(held_.begin());
    ++next_release_;
  }
}

void VersionQueue::record(const Run& run) {
  if (records_.size() == kRecords) records_.pop_front();
  records_.push_back(run.record);
}

}  // namespace parlance::scheduling
