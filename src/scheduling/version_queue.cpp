#include "scheduling/version_queue.h"

#include <algorithm>
#include <utility>

#include "base/concat.h"
#include "scheduling/errors.h"
#include "scheduling/rows.h"

namespace parlance::scheduling {
namespace {

constexpr std::size_t kSmallBytes = std::size_t{64} * 1024;

std::uint32_t priority_or_lowest(std::uint32_t priority) {
  return priority == 0 ? kLowestPriority : priority;
}

std::size_t max_batch_of(const models::LoadedVersion& loaded) {
  const bool may = has_rows(loaded.model->signature()) && loaded.config.sequence.states.empty();
  return may ? std::max<std::size_t>(loaded.config.batching.max_batch, 1) : 1;
}

BatchQueueOptions options_of(const models::LoadedVersion& loaded) {
  const models::BatchingConfig& batching = loaded.config.batching;
  const std::size_t max_batch = max_batch_of(loaded);
  return {.limits = {.max_batch = max_batch,
                     .max_delay = batching.max_delay,
                     .preferred = batching.preferred,
                     .order = loaded.config.queue.order,
                     .usual_priority = priority_or_lowest(loaded.config.priority),
                     .in_order = batching.preserve_order},
          .max_size = loaded.config.queue.max_size,
          .target_p99 = max_batch > 1 ? batching.target_p99 : std::nullopt,
          .instances = std::max(loaded.instances, 1U)};
}

/// Whether inputs of one number of rows can have several shapes.
bool has_open_rows(const models::Signature& signature) {
  return std::ranges::any_of(signature.inputs, [](const models::TensorSpec& spec) {
    return spec.shape.size() > 1 &&
           std::find(spec.shape.begin() + 1, spec.shape.end(), models::kAnyDimension) != spec.shape.end();
  });
}

/// The finaliser of SplitMix64: every bit of the result depends on every bit of `value`.
std::uint64_t mix(std::uint64_t value) {
  value += 0x9e3779b97f4a7c15U;
  value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
  return value ^ (value >> 31U);
}

/// Whether a run of them may be begun on an event loop, though inputs may have to be copied for it.
bool is_small(std::span<const QueuedRequest> requests) {
  std::size_t bytes = 0;
  for (const QueuedRequest& request : requests)
    for (const models::Tensor& input : request.inputs) bytes += input.bytes().size();
  return bytes <= kSmallBytes;
}

}  // namespace

VersionQueue::VersionQueue(std::string model, const models::LoadedVersion& loaded,
                           std::shared_ptr<VersionCounters> counters, net::ThreadPool& workers,
                           Alarms& alarms)
    : model_(std::move(model)),
      loaded_(loaded),
      config_(loaded.config),
      engine_signature_(loaded.model->signature()),
      counters_(std::move(counters)),
      workers_(workers),
      alarms_(alarms),
      max_batch_(max_batch_of(loaded)),
      runs_inline_(loaded.runs_on_loop && max_batch_ <= 1 && config_.sequence.states.empty()),
      runs_everything_(config_.queue.order == models::QueueOrder::kArrival),
      runs_elsewhere_(loaded.model->runs_elsewhere()),
      begins_where_requests_come_(runs_elsewhere_ && max_batch_ <= 1),
      is_ragged_(max_batch_ > 1 && has_open_rows(engine_signature_)),
      batches_(options_of(loaded)),
      sequences_(config_.sequence, engine_signature_) {
  for (const models::RunTime& seen : loaded.run_times) batches_.times().expect(seen.rows, seen.shortest);
}

std::uint64_t VersionQueue::shape_key(const models::Tensors& inputs) const {
  if (!is_ragged_) return 0;
  std::uint64_t key = 1;
  for (const models::Tensor& input : inputs) {
    for (std::size_t i = 1; i < input.shape().size(); ++i)
      key = mix(key ^ static_cast<std::uint64_t>(input.shape()[i]));
    key = mix(key + 1);
  }
  return key;
}

// --- entering and leaving ----------------------------------------------------------------------------------

void VersionQueue::finish(QueuedRequest& request, Outcome outcome, Result<InferenceResult> result,
                          TimePoint now) {
  request.stage = QueuedRequest::Stage::kAnswered;
  request.result.emplace(std::move(result));
  if (request.is_counted) counters_->ended(outcome, now - request.arrived);
}

void VersionQueue::refuse(QueuedRequest& request, Outcome outcome, Status status, TimePoint now) {
  counters_->saved_work(outcome);
  finish(request, outcome, std::unexpected{std::move(status)}, now);
}

/// One that waited: its asker is told.
void VersionQueue::drop(QueuedRequest& request, Outcome outcome, Status status, TimePoint now,
                        Answers& answers) {
  refuse(request, outcome, std::move(status), now);
  answers.add(request);
  promote(sequences_.leave(request, now), now, answers);
}

/// Whether it waits; else it has its result.
bool VersionQueue::admit(QueuedRequest& request, TimePoint now, Answers& answers) {
  const BatchQueue::Arrival arrival = batches_.arrive(request, now);
  if (arrival.gives_way != nullptr)
    drop(static_cast<QueuedRequest&>(*arrival.gives_way), Outcome::kRefused,
         queue_full(model_, batches_.queue().size(), arrival.retry_in), now, answers);
  switch (arrival.verdict) {
    case BatchQueue::Verdict::kAdmitted:
      request.stage = QueuedRequest::Stage::kWaiting;
      return true;
    case BatchQueue::Verdict::kExpired:
      refuse(request, Outcome::kExpired, deadline_passed(kBeforeRun), now);
      return false;
    case BatchQueue::Verdict::kFull:
      refuse(request, Outcome::kRefused, queue_full(model_, batches_.queue().size(), arrival.retry_in), now);
      return false;
    case BatchQueue::Verdict::kTooLate:
      refuse(request, Outcome::kRefused,
             cannot_finish(model_, request.deadline.remaining(now), arrival.needed, batches_.queue().size(),
                           arrival.retry_in),
             now);
      return false;
  }
  return false;
}

/// The next step of a sequence may go into the queue.
void VersionQueue::promote(QueuedRequest* next, TimePoint now, Answers& answers) {
  while (next != nullptr) {
    --behind_;
    if (admit(*next, now, answers)) return;
    answers.add(*next);
    next = sequences_.leave(*next, now);
  }
}

bool VersionQueue::enter(QueuedRequest& request, TimePoint now, Answers& answers) {
  request.queue = this;
  request.arrived = now;
  if (request.step != nullptr && batches_.queue().size() + behind_ >= config_.queue.max_size) {
    refuse(request, Outcome::kRefused,
           queue_full(model_, config_.queue.max_size, batches_.times().typical(1)), now);
    return false;
  }
  switch (sequences_.enter(request, now)) {
    case SequenceTable::Entry::kBehind:
      ++behind_;
      request.stage = QueuedRequest::Stage::kWaiting;
      return true;
    case SequenceTable::Entry::kUnknown:
      refuse(request, Outcome::kRefused, unknown_sequence(model_, request.step->id), now);
      return false;
    case SequenceTable::Entry::kFull:
      refuse(request, Outcome::kRefused, too_many_sequences(model_, config_.sequence.max_sequences), now);
      return false;
    case SequenceTable::Entry::kFirst:
      break;
  }
  if (admit(request, now, answers)) return true;
  promote(sequences_.leave(request, now), now, answers);
  return false;
}

std::size_t VersionQueue::submit(std::span<QueuedRequest> requests) {
  Answers answers;
  std::size_t entered = 0;
  const bool may_begin = begins_where_requests_come_ && is_small(requests);
  Next next = Next::kNothing;
  {
    const Lock lock{mutex_};
    const TimePoint now = Clock::now();
    while (entered < requests.size() && enter(requests[entered], now, answers)) ++entered;
    next = pump(now, may_begin);
  }
  answers.post();
  if (next == Next::kBegin) work();
  return entered;
}

bool VersionQueue::leave(QueuedRequest& request, Outcome outcome, const Status& status) {
  Answers answers;
  {
    const Lock lock{mutex_};
    if (request.stage != QueuedRequest::Stage::kWaiting || runs_everything_) return false;
    const TimePoint now = Clock::now();
    if (request.is_behind)
      --behind_;
    else
      batches_.leave(request);
    refuse(request, outcome, status, now);
    promote(sequences_.leave(request, now), now, answers);
    pump(now);
  }
  answers.post();
  return true;
}

void VersionQueue::end_sequence(const std::string& id) {
  const Lock lock{mutex_};
  sequences_.end(id);
}

// --- when to run -------------------------------------------------------------------------------------------

/// Has a worker come when there is something to be run, or an alarm when there will be. kBegin, where that
/// may be: the caller is to work() in place of a worker, without the lock.
VersionQueue::Next VersionQueue::pump(TimePoint now, bool may_begin) {
  if (work_posted_) return Next::kNothing;
  const BatchQueue::Look look = batches_.look(now);
  work_posted_ = look.ready;
  if (look.ready && !may_begin) workers_.post([self = shared_from_this()] { self->work(); });
  const TimePoint again = std::min(look.again, sequences_.next_idle());
  if (again < alarm_at_) {
    alarm_at_ = again;
    alarms_.set(alarm_at_, weak_from_this());
  }
  return look.ready && may_begin ? Next::kBegin : Next::kNothing;
}

void VersionQueue::on_alarm() {
  const Lock lock{mutex_};
  const TimePoint now = Clock::now();
  alarm_at_ = TimePoint::max();
  if (sequences_.next_idle() <= now) sequences_.drop_idle(now);
  pump(now);
}

void VersionQueue::set_instances(unsigned instances) {
  const Lock lock{mutex_};
  batches_.set_instances(instances);
  pump(Clock::now());
}

void VersionQueue::fill(VersionStatistics& statistics) const {
  const Lock lock{mutex_};
  statistics.waiting = batches_.queue().size() + behind_;
  statistics.running = batches_.running();
  statistics.instances = batches_.instances();
  statistics.sequences = sequences_.size();
  statistics.max_delay = batches_.limits().max_delay;
}

std::vector<BatchRecord> VersionQueue::recent_batches() const {
  const Lock lock{mutex_};
  return {records_.begin(), records_.end()};
}

}  // namespace parlance::scheduling
