#include "scheduling/generation/step_runner.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "scheduling/errors.h"
#include "scheduling/generation/generation_errors.h"

namespace parlance::scheduling {
namespace {

using generation::SampledToken;
using generation::SequenceId;
using generation::StepPart;
using generation::StepPlan;
using generation::Token;

generation::PlannerLimits planner_limits(const GenerationLimits& limits) {
  generation::PlannerLimits planner = limits.planner;
  planner.max_waiting = limits.max_open();  // the mailbox counts all who are open
  return planner;
}

/// What an engine throws is its failure, not the server's end.
Result<std::span<const float>> run_engine(const std::string& model, generation::StepEngine& engine,
                                          const StepPlan& plan) {
  try {
    return engine.run(plan);
  } catch (const std::exception& exception) {
    return std::unexpected{engine_failed(model, exception.what())};
  } catch (...) {
    return std::unexpected{engine_failed(model, "the engine threw something unknown")};
  }
}

void add(LatencyHistogram& histogram, Duration duration) {
  ++histogram.counts[latency_bucket(duration)];
  histogram.ns += static_cast<std::uint64_t>(std::max<Duration::rep>(duration.count(), 0));
}

}  // namespace

StepRunner::StepRunner(std::string model, generation::StepEngine& engine, const GenerationLimits& limits)
    : model_(std::move(model)),
      engine_(engine),
      limits_(limits),
      planner_(planner_limits(limits), engine.pages(),
               {.block_tokens = engine.block_tokens(), .enabled = limits.prefix_cache}) {}

void StepRunner::apply(const GenerationCommand& command) {
  is_stuck_ = false;
  switch (command.kind) {
    case GenerationCommand::Kind::kAdd:
      return add(command.sequence);
    case GenerationCommand::Kind::kCancel:
      return cancel(command.sequence);
    case GenerationCommand::Kind::kComplete:
      return complete(command.sequence);
    case GenerationCommand::Kind::kResume:
      return planner_.resume(command.sequence->id);
  }
}

// --- coming and leaving ------------------------------------------------------------------------------------

void StepRunner::add(const OpenSequencePtr& sequence) {
  GenerationRequest& request = sequence->request;
  if (request.sampling.has_penalties()) sequence->counts.add_prompt(request.sequence.prompt);
  const auto id = planner_.add(std::move(request.sequence));
  if (!id) {
    ++ended_;
    ++counted_.saved.refused;
    return deliveries_.add(
        sequence,
        {.sampled = {}, .finish = FinishReason::kError, .status = too_many_open(model_, limits_.max_open())});
  }
  counted_.prompt_tokens += sequence->prompt_tokens;
  sequence->id = *id;
  open_.emplace(*id, sequence);
}

void StepRunner::forget(OpenSequence& sequence) {
  planner_.remove(sequence.id);
  ++ended_;
  open_.erase(std::exchange(sequence.id, 0));
}

void StepRunner::end(const OpenSequencePtr& sequence, GeneratedStep step) {
  forget(*sequence);
  deliveries_.add(sequence, std::move(step));
}

/// With those that wait for its prompt.
void StepRunner::end_with_error(const OpenSequencePtr& sequence, Status status) {
  for (const OpenSequencePtr& sibling : std::exchange(sequence->siblings, {})) {
    ++ended_;
    deliveries_.add(sibling, {.sampled = {}, .finish = FinishReason::kError, .status = status});
  }
  end(sequence, {.sampled = {}, .finish = FinishReason::kError, .status = std::move(status)});
}

/// Its reader knows already.
void StepRunner::cancel(const OpenSequencePtr& sequence) {
  sequence->has_left = true;
  if (sequence->id == 0) return;
  ++counted_.saved.cancelled;
  counted_.saved_tokens += sequence->max_tokens - sequence->made;
  cancel_siblings(*sequence);
  forget(*sequence);
}

/// Its siblings began with its first step.
void StepRunner::complete(const OpenSequencePtr& sequence) {
  sequence->has_left = true;
  if (sequence->id == 0) return;
  ++counted_.stopped;
  forget(*sequence);
}

/// There is nothing to begin from any more.
void StepRunner::cancel_siblings(OpenSequence& sequence) {
  for (const OpenSequencePtr& sibling : std::exchange(sequence.siblings, {})) {
    ++counted_.saved.cancelled;
    counted_.saved_tokens += sibling->max_tokens;
    ++ended_;
    deliveries_.add(sibling, {.sampled = {}, .finish = FinishReason::kError, .status = caller_left()});
  }
}

/// The prompt is computed, and no token follows yet.
void StepRunner::begin_siblings(OpenSequence& sequence, std::vector<OpenSequencePtr>& begun) {
  for (const OpenSequencePtr& sibling : std::exchange(sequence.siblings, {})) {
    const auto id =
        sibling->has_left ? std::unexpected{generation::Refusal::kQueueFull} : planner_.fork(sequence.id);
    if (!id) {
      ++ended_;
      ++(sibling->has_left ? counted_.saved.cancelled : counted_.saved.refused);
      deliveries_.add(sibling, {.sampled = {},
                                .finish = FinishReason::kError,
                                .status = too_many_open(model_, limits_.max_open())});
      continue;
    }
    sibling->id = *id;
    sibling->counts = sequence.counts;
    open_.emplace(*id, sibling);
    begun.push_back(sibling);
  }
}

void StepRunner::expire(SequenceId id) {
  const OpenSequencePtr sequence = open_.at(id);
  ++counted_.saved.expired;
  counted_.saved_tokens += sequence->max_tokens - sequence->made;
  end_with_error(sequence, deadline_passed(sequence->made == 0 ? kBeforeRun : kDuringRun));
}

void StepRunner::end_all(const Status& status) {
  counted_.unloaded += open_.size();
  while (!open_.empty()) {
    const OpenSequencePtr sequence = open_.begin()->second;
    end_with_error(sequence, status);
  }
}

// --- a step ------------------------------------------------------------------------------------------------

void StepRunner::step() {
  const TimePoint now = Clock::now();
  end_slow_readers(now);
  const StepPlan plan = planner_.plan(now);
  for (const SequenceId id : plan.expired) expire(id);
  is_stuck_ = plan.parts.empty();
  if (is_stuck_) return;
  const Result<std::span<const float>> logits = run(plan);
  if (!logits) return fail(plan, logits.error());
  planner_.step_done();
  sample(plan, *logits);
}

Result<std::span<const float>> StepRunner::run(const StepPlan& plan) {
  const TimePoint begin = Clock::now();
  Result<std::span<const float>> logits = run_engine(model_, engine_, plan);
  ++counted_.steps.count;
  counted_.steps.ns += static_cast<std::uint64_t>((Clock::now() - begin).count());
  if (!logits) return logits;
  const auto samples = static_cast<std::size_t>(std::ranges::count(plan.parts, true, &StepPart::samples));
  if (const std::size_t wanted = samples * engine_.vocabulary(); logits->size() != wanted)
    return std::unexpected{wrong_logits(model_, wanted, logits->size())};
  return logits;
}

void StepRunner::fail(const StepPlan& plan, const Status& status) {
  ++counted_.failed_steps;
  counted_.failed += plan.parts.size();
  for (const StepPart& part : plan.parts) {
    const OpenSequencePtr sequence = open_.at(part.sequence);
    end_with_error(sequence, status);
  }
  planner_.step_done();
}

void StepRunner::sample(const StepPlan& plan, std::span<const float> logits) {
  const TimePoint now = Clock::now();
  for (const StepPart& part : plan.parts) {
    if (!part.samples) continue;
    const OpenSequencePtr sequence = open_.at(part.sequence);
    std::vector<OpenSequencePtr> siblings;
    begin_siblings(*sequence, siblings);
    sample(sequence, logits.first(engine_.vocabulary()), now);
    for (const OpenSequencePtr& sibling : siblings) sample(sibling, logits.first(engine_.vocabulary()), now);
    logits = logits.subspan(engine_.vocabulary());
  }
}

void StepRunner::sample(const OpenSequencePtr& sequence, std::span<const float> logits, TimePoint now) {
  const generation::SamplingOptions& options = sequence->request.sampling;
  const auto mask = sequence->constraint ? std::optional{sequence->constraint->allowed()} : std::nullopt;
  auto sampled =
      sampler_.sample(logits, options, sequence->counts, sequence->prompt_tokens + sequence->made, mask);
  if (!sampled) {
    ++counted_.failed;
    return end_with_error(sequence, cannot_sample(model_, sampled.error(), sequence->request));
  }
  count(*sequence, sampled->token, now);
  if (std::ranges::find(sequence->request.end_tokens, sampled->token) != sequence->request.end_tokens.end()) {
    ++counted_.stopped;
    return end(sequence, {.sampled = *std::move(sampled), .finish = FinishReason::kStop, .status = {}});
  }
  if (sequence->constraint) sequence->constraint->accept(sampled->token);
  if (sequence->constraint && sequence->constraint->is_over()) {
    ++counted_.stopped;
    return end(sequence, {.sampled = *std::move(sampled), .finish = FinishReason::kComplete, .status = {}});
  }
  if (sequence->made == sequence->max_tokens) {
    ++counted_.complete;
    return end(sequence, {.sampled = *std::move(sampled), .finish = FinishReason::kLength, .status = {}});
  }
  go_on(sequence, *std::move(sampled));
}

void StepRunner::count(OpenSequence& sequence, Token token, TimePoint now) {
  ++sequence.made;
  ++counted_.tokens;
  if (sequence.request.sampling.has_penalties()) sequence.counts.add_made(token);
  if (sequence.made == 1) {
    scheduling::add(counted_.time_to_first_token, now - sequence.came);
  } else if (sequence.last_token != TimePoint{}) {
    scheduling::add(counted_.inter_token, now - sequence.last_token);
  }
  sequence.last_token = now;
}

/// It pauses when its reader has not taken a whole window: the flag stands before the step is posted.
void StepRunner::go_on(const OpenSequencePtr& sequence, SampledToken sampled) {
  planner_.append(sequence->id, sampled.token);
  const std::size_t untaken = sequence->made - sequence->taken.load(std::memory_order_acquire);
  if (untaken >= sequence->window_steps) {
    pause(sequence);
  }
  deliveries_.add(sequence, {.sampled = std::move(sampled), .finish = {}, .status = {}});
}

void StepRunner::pause(const OpenSequencePtr& sequence) {
  ++counted_.pauses;
  sequence->last_token = {};
  sequence->paused_since = Clock::now();
  if (limits_.slow_reader > Duration::zero()) pauses_.push_back({sequence->paused_since, sequence});
  planner_.pause(sequence->id);
  sequence->paused.store(true, std::memory_order_release);
}

void StepRunner::end_slow_readers(TimePoint now) {
  while (!pauses_.empty()) {
    const Pause& oldest = pauses_.front();
    const OpenSequencePtr sequence = oldest.sequence;
    const bool lasts = sequence->id != 0 && sequence->paused_since == oldest.since &&
                       sequence->paused.load(std::memory_order_acquire);
    if (lasts && now - oldest.since < limits_.slow_reader) return;
    pauses_.pop_front();
    if (!lasts) continue;
    ++counted_.slow_readers;
    counted_.saved_tokens += sequence->max_tokens - sequence->made;
    end_with_error(sequence, slow_reader(model_, limits_.slow_reader, "generation.slow_reader"));
  }
}

// --- what is so --------------------------------------------------------------------------------------------

TimePoint StepRunner::next_step() const {
  if (!planner_.idle() && !is_stuck_) return TimePoint::min();
  Deadline next;
  for (const auto& [id, sequence] : open_) next = earliest(next, sequence->deadline);
  if (!pauses_.empty()) next = earliest(next, Deadline::after(pauses_.front().since, limits_.slow_reader));
  return next.at();
}

GenerationStatistics StepRunner::statistics() const {
  GenerationStatistics all = counted_;
  all.planner = planner_.counters();
  all.running = planner_.running();
  all.waiting = planner_.waiting();
  all.paused = planner_.paused();
  all.pages = planner_.cache().pages();
  all.pages_in_use = planner_.cache().in_use();
  all.pages_known = planner_.cache().known();
  return all;
}

}  // namespace parlance::scheduling
