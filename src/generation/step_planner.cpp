#include "generation/step_planner.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace parlance::generation {

std::string_view to_string(Refusal refusal) {
  switch (refusal) {
    case Refusal::kEmptyPrompt:
      return "the prompt is empty, or no token is to be made";
    case Refusal::kTooLong:
      return "prompt and max_tokens are more than the model's context";
    case Refusal::kMoreThanAllPages:
      return "prompt and max_tokens are more than the key/value cache holds";
    case Refusal::kQueueFull:
      return "too many sequences wait";
  }
  return "";
}

std::optional<Refusal> refusal_of(const SequenceRequest& request, const PlannerLimits& limits,
                                  std::size_t pages, std::size_t block_tokens) {
  if (request.prompt.empty() || request.max_tokens == 0) return Refusal::kEmptyPrompt;
  if (request.prompt.size() > limits.max_sequence_tokens ||
      request.max_tokens > limits.max_sequence_tokens - request.prompt.size()) {
    return Refusal::kTooLong;
  }
  // The last token made is never stored.
  const std::size_t stored = request.prompt.size() + request.max_tokens - 1;
  if (pages_for(stored, block_tokens) > pages) return Refusal::kMoreThanAllPages;
  return std::nullopt;
}

StepPlanner::StepPlanner(PlannerLimits limits, std::size_t pages, PrefixCacheOptions cache)
    : limits_(limits), cache_(pages, cache) {
  require(limits.max_running > 0 && limits.prefill_tokens > 0,
          "a step has room for a sequence and a prompt token");
}

StepPlanner::~StepPlanner() {
  for (auto& [id, sequence] : sequences_) sequence.table.release(cache_);
}

std::expected<SequenceId, Refusal> StepPlanner::add(SequenceRequest request) {
  if (const auto refusal = refusal_of(request, limits_, cache_.pages(), cache_.block_tokens()))
    return std::unexpected(*refusal);
  if (waiting() >= limits_.max_waiting) return std::unexpected(Refusal::kQueueFull);
  Sequence sequence;
  sequence.priority = request.priority;
  sequence.deadline = request.deadline;
  sequence.cache_salt = request.cache_salt;
  sequence.client = &shares_.enter(request.client);
  sequence.most_tokens = request.prompt.size() + request.max_tokens;
  sequence.tokens = std::move(request.prompt);
  return insert(std::move(sequence)).id;
}

std::expected<SequenceId, Refusal> StepPlanner::fork(SequenceId original) {
  Sequence* const from = find(original);
  require(!step_runs_ && from != nullptr && from->remaining() == 0,
          "only a sequence that is all computed is forked");
  if (waiting() >= limits_.max_waiting) return std::unexpected(Refusal::kQueueFull);
  Sequence sequence;
  sequence.priority = from->priority;
  sequence.deadline = from->deadline;
  sequence.cache_salt = from->cache_salt;
  sequence.client = &shares_.enter(from->client->first);
  sequence.tokens = from->tokens;
  sequence.most_tokens = from->most_tokens;
  sequence.table = from->table.fork(cache_);
  Sequence& made = insert(std::move(sequence));
  if (running() < limits_.max_running) set_state(made, State::kRunning);
  return made.id;
}

void StepPlanner::remove(SequenceId id) {
  Sequence* const sequence = find(id);
  if (sequence == nullptr) return;
  if (step_runs_ && sequence->planned > 0) {
    sequence->leaving = true;
  } else {
    erase(*sequence);
  }
}

void StepPlanner::pause(SequenceId id) {
  if (Sequence* const sequence = find(id)) set_state(*sequence, State::kPaused);
}

void StepPlanner::resume(SequenceId id) {
  Sequence* const sequence = find(id);
  if (sequence == nullptr || sequence->state != State::kPaused) return;
  const bool goes_on = sequence->holds_pages() && running() < limits_.max_running;
  set_state(*sequence, goes_on ? State::kRunning : State::kWaiting);
}

StepPlan StepPlanner::plan(TimePoint now) {
  require(!step_runs_, "a step is done before the next is planned");
  StepPlan plan;
  drop_expired(now, plan);
  plan_decoding(plan);
  plan_prompts(now, plan);
  write_parts(plan);
  step_runs_ = !plan.parts.empty();
  return plan;
}

void StepPlanner::step_done() {
  require(step_runs_, "a step was planned");
  step_runs_ = false;
  for (const SequenceId id : std::exchange(in_step_, {})) {
    Sequence& sequence = sequences_.at(id);
    const std::size_t planned = std::exchange(sequence.planned, 0);
    if (sequence.leaving) {
      erase(sequence);
    } else {
      counters_.computed_tokens += planned;
      const std::span<const Token> stored =
          std::span{sequence.tokens}.first(sequence.table.filled() + planned);
      sequence.table.fill(cache_, stored, sequence.cache_salt);
    }
  }
}

void StepPlanner::append(SequenceId id, Token token) {
  Sequence* const sequence = find(id);
  if (sequence == nullptr) return;
  require(!step_runs_ && sequence->remaining() == 0, "a token follows when all before it are computed");
  require(sequence->tokens.size() < sequence->most_tokens, "no more than max_tokens are made");
  sequence->tokens.push_back(token);
}

bool StepPlanner::idle() const { return running() == 0 && waiting() == 0; }

std::span<const Token> StepPlanner::tokens(SequenceId id) const {
  const auto at = sequences_.find(id);
  return at == sequences_.end() ? std::span<const Token>{} : std::span{at->second.tokens};
}

Sequence* StepPlanner::find(SequenceId id) {
  const auto at = sequences_.find(id);
  return at == sequences_.end() || at->second.leaving ? nullptr : &at->second;
}

Sequence& StepPlanner::insert(Sequence sequence) {
  sequence.id = ++last_id_;
  Sequence& kept = sequences_.emplace(sequence.id, std::move(sequence)).first->second;
  count_in(kept);
  return kept;
}

void StepPlanner::set_state(Sequence& sequence, State state) {
  count_out(sequence);
  sequence.state = state;
  count_in(sequence);
}

void StepPlanner::count_in(Sequence& sequence) {
  const auto state = static_cast<std::size_t>(sequence.state);
  by_state_[state].emplace(sequence.id, &sequence);
  ++priorities_[state][sequence.priority];
}

void StepPlanner::count_out(const Sequence& sequence) {
  const auto state = static_cast<std::size_t>(sequence.state);
  by_state_[state].erase(sequence.id);
  const auto at = priorities_[state].find(sequence.priority);
  if (--at->second == 0) priorities_[state].erase(at);
}

/// There is a place, or one who waits may take that of a lower priority.
bool StepPlanner::anybody_may_begin() const {
  if (waiting() == 0) return false;
  if (running() < limits_.max_running) return true;
  const auto& waiting = priorities_[static_cast<std::size_t>(State::kWaiting)];
  const auto& running = priorities_[static_cast<std::size_t>(State::kRunning)];
  return waiting.begin()->first < running.rbegin()->first;
}

void StepPlanner::erase(Sequence& sequence) {
  sequence.table.release(cache_);
  shares_.leave(*sequence.client);
  count_out(sequence);
  sequences_.erase(sequence.id);
}

void StepPlanner::drop_expired(TimePoint now, StepPlan& plan) {
  for (const auto& [id, sequence] : sequences_) {
    if (sequence.deadline.expired(now)) plan.expired.push_back(id);
  }
  for (const SequenceId id : plan.expired) erase(sequences_.at(id));
}

void StepPlanner::plan_decoding(StepPlan& plan) {
  std::vector<Sequence*> decoding;
  for (const auto& [id, sequence] : in(State::kRunning)) {
    if (sequence->remaining() == 1) decoding.push_back(sequence);
  }
  std::ranges::sort(decoding, [](const Sequence* a, const Sequence* b) { return is_senior(*a, *b); });
  for (Sequence* const sequence : decoding) {
    if (!sequence->runs()) continue;  // it made room for a senior
    if (take_pages(*sequence, {}, 0, plan)) {
      sequence->planned = 1;
      ++sequence->client->second.tokens;
    } else {
      preempt(*sequence, plan);
    }
  }
}

void StepPlanner::plan_prompts(TimePoint now, StepPlan& plan) {
  bool may_begin = true;
  for (std::size_t budget = limits_.prefill_tokens; budget > 0;) {
    Sequence* const sequence = most_urgent(now, may_begin && anybody_may_begin());
    if (sequence == nullptr) return;
    if (!sequence->runs() && !begin(*sequence, plan)) {
      may_begin = false;  // nobody passes the one whose turn it is, or a long prompt would never begin
      continue;
    }
    sequence->planned = std::min(budget, sequence->remaining());
    sequence->client->second.tokens += sequence->planned;
    budget -= sequence->planned;
  }
}

Sequence* StepPlanner::most_urgent(TimePoint now, bool may_begin) {
  Sequence* best = nullptr;
  const auto look_through = [&](State state) {
    for (const auto& [id, sequence] : in(state)) {
      if (sequence->planned > 0 || sequence->remaining() == 0) continue;
      if (best == nullptr || is_more_urgent(*sequence, *best, now)) best = sequence;
    }
  };
  look_through(State::kRunning);
  if (may_begin) look_through(State::kWaiting);
  return best;
}

bool StepPlanner::begin(Sequence& sequence, StepPlan& plan) {
  if (running() >= limits_.max_running && !preempt_for(sequence, Wanted::kPlace, plan)) return false;
  std::vector<PageId> found;
  if (!sequence.holds_pages()) {
    // The last token is computed in any case: its logits choose the next.
    found = cache_.match(std::span{sequence.tokens}.first(sequence.tokens.size() - 1), sequence.cache_salt);
  }
  if (!take_pages(sequence, found, running(), plan)) return false;
  set_state(sequence, State::kRunning);
  return true;
}

bool StepPlanner::take_pages(Sequence& sequence, std::span<const PageId> found, std::size_t spare,
                             StepPlan& plan) {
  const auto missing = [&] {
    const std::size_t idle = cache_.idle_among(found);
    const std::size_t lacking = sequence.table.lacking(cache_, sequence.tokens.size()) - found.size();
    return idle + lacking + spare > cache_.available();
  };
  while (missing()) {
    if (!preempt_for(sequence, Wanted::kPages, plan)) return false;
    if (spare > running()) spare = running();
  }
  if (!found.empty()) sequence.table.adopt(cache_, found);
  counters_.cached_tokens += found.size() * cache_.block_tokens();
  require(sequence.table.reserve(cache_, sequence.tokens.size(), plan.copies), "the pages are there");
  return true;
}

Sequence* StepPlanner::victim_for(const Sequence& wanting, Wanted wanted) {
  Sequence* idle = nullptr;
  Sequence* junior = nullptr;
  for (auto& [id, sequence] : sequences_) {
    if (&sequence == &wanting || !sequence.holds_pages()) continue;
    if (!sequence.runs()) {
      if (idle == nullptr || is_senior(*idle, sequence)) idle = &sequence;
    } else if (wanting.runs() ? is_senior(wanting, sequence) : wanting.priority < sequence.priority) {
      if (junior == nullptr || is_senior(*junior, sequence)) junior = &sequence;
    }
  }
  return wanted == Wanted::kPages && idle != nullptr ? idle : junior;
}

bool StepPlanner::preempt_for(const Sequence& wanting, Wanted wanted, StepPlan& plan) {
  Sequence* const victim = victim_for(wanting, wanted);
  if (victim != nullptr) preempt(*victim, plan);
  return victim != nullptr;
}

void StepPlanner::preempt(Sequence& sequence, StepPlan& plan) {
  ++counters_.preemptions;
  counters_.recomputed_tokens += sequence.table.filled();
  plan.preempted.push_back(sequence.id);
  sequence.table.release(cache_);
  sequence.planned = 0;
  if (sequence.runs()) set_state(sequence, State::kWaiting);
}

void StepPlanner::write_parts(StepPlan& plan) {
  for (const auto& [id, sequence] : in(State::kRunning)) {
    if (sequence->planned == 0) continue;
    in_step_.push_back(id);
    const std::size_t past = sequence->table.filled();
    const std::span<const Token> tokens = std::span{sequence->tokens}.first(past + sequence->planned);
    plan.parts.push_back({.sequence = id,
                          .past = past,
                          .tokens = sequence->planned,
                          .samples = tokens.size() == sequence->tokens.size()});
    plan.inputs.add(tokens, past, sequence->table.pages(), cache_.block_tokens());
  }
}

}  // namespace parlance::generation
