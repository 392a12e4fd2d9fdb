#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "generation/client_shares.h"
#include "generation/prefix_cache.h"
#include "generation/sequence.h"
#include "generation/step_plan.h"
#include "generation/token.h"

namespace parlance::generation {

struct PlannerLimits {
  /// Sequences of a step: more make every stream slower, fewer leave the engine's memory bandwidth unused.
  std::size_t max_running = 64;
  /// Sequences that wait: one more is refused at once, for it would wait longer than callers do.
  std::size_t max_waiting = 1024;
  /// Prompt tokens of a step, beside one token of each running sequence: bounds how long a step takes, and so
  /// how long a prompt of any length holds up those who read along.
  std::size_t prefill_tokens = 256;
  /// Prompt and made tokens of a sequence: what the model was made for.
  std::size_t max_sequence_tokens = 4096;
};

/// Why a sequence is not taken.
enum class Refusal : std::uint8_t {
  kEmptyPrompt,       // nothing to continue, or nothing to make
  kTooLong,           // prompt and max_tokens exceed max_sequence_tokens
  kMoreThanAllPages,  // alone it would not fit into the cache
  kQueueFull,         // max_waiting wait already
};
std::string_view to_string(Refusal refusal);

/// Why a sequence would not be taken even if nobody else were there.
std::optional<Refusal> refusal_of(const SequenceRequest& request, const PlannerLimits& limits,
                                  std::size_t pages, std::size_t block_tokens);

/// What has happened since the planner was made.
struct PlannerCounters {
  std::uint64_t computed_tokens = 0;    // in all steps
  std::uint64_t cached_tokens = 0;      // not computed when their sequence began: their pages were known
  std::uint64_t recomputed_tokens = 0;  // stored tokens that preemption threw away
  std::uint64_t preemptions = 0;
};

/// Decides what every step runs: which sequences, how many tokens of each, on which pages. Knows no clock,
/// thread or engine; the same calls give the same plans.
///
///   while (!planner.idle()) {
///     StepPlan plan = planner.plan(now);       // tell plan.expired; nothing may be left to run
///     … copies, step, sampling …
///     planner.step_done();                     // what the step stored counts now
///     planner.append(id, token);               // of every part that samples; or remove(id)
///   }
///
/// Every running sequence that needs one token gets it in every step; prompts share `prefill_tokens`, the
/// most urgent first (is_more_urgent). A sequence begins when there are pages for all of its tokens and one
/// more for each that runs. When pages run out, sequences give theirs back and are computed anew later: first
/// those that hold pages without running, then the running ones from the last in seniority (is_senior) on; a
/// waiting sequence takes pages only from those of lower priority. The most senior one always runs, so all
/// end.
class StepPlanner {
 public:
  StepPlanner(PlannerLimits limits, std::size_t pages, PrefixCacheOptions cache);
  ~StepPlanner();
  StepPlanner(const StepPlanner&) = delete;
  StepPlanner& operator=(const StepPlanner&) = delete;

  std::expected<SequenceId, Refusal> add(SequenceRequest request);
  /// A second sequence that begins as `original` is now, with its pages. Not while a step runs. Original's
  /// prompt has been computed and its next token not yet appended, so that both may be given another one.
  std::expected<SequenceId, Refusal> fork(SequenceId original);

  /// It has ended, or its caller has left: its pages are free, when a step with it runs as soon as that is
  /// done. Nothing happens when it is not there.
  void remove(SequenceId id);
  /// Its reader is slow: it is in no step until resume(). Nothing happens when it is not there.
  void pause(SequenceId id);
  void resume(SequenceId id);

  /// The next step. No parts: nobody can run now.
  StepPlan plan(TimePoint now);
  /// The engine has run the plan. A step that failed: remove() its sequences first.
  void step_done();
  /// The token that follows, of a part that sampled. Nothing happens when the sequence is not there.
  void append(SequenceId id, Token token);

  /// No sequence is there.
  bool empty() const { return sequences_.empty(); }
  /// No step would run anything: all sequences there are, if any, are paused.
  bool idle() const;
  /// The tokens of a sequence, its prompt first; empty when it is not there.
  std::span<const Token> tokens(SequenceId id) const;

  std::size_t running() const { return count(Sequence::State::kRunning); }
  std::size_t waiting() const { return count(Sequence::State::kWaiting); }
  std::size_t paused() const { return count(Sequence::State::kPaused); }
  const PrefixCache& cache() const { return cache_; }
  const ClientShares& shares() const { return shares_; }
  const PlannerCounters& counters() const { return counters_; }
  const PlannerLimits& limits() const { return limits_; }

 private:
  using State = Sequence::State;
  enum class Wanted : std::uint8_t { kPages, kPlace };

  std::size_t count(State state) const { return in(state).size(); }
  const std::map<SequenceId, Sequence*>& in(State state) const {
    return by_state_[static_cast<std::size_t>(state)];
  }
  void count_in(Sequence& sequence);
  void count_out(const Sequence& sequence);
  bool anybody_may_begin() const;
  Sequence* find(SequenceId id);
  Sequence& insert(Sequence sequence);
  void set_state(Sequence& sequence, State state);
  void erase(Sequence& sequence);

  void drop_expired(TimePoint now, StepPlan& plan);
  void plan_decoding(StepPlan& plan);
  void plan_prompts(TimePoint now, StepPlan& plan);
  Sequence* most_urgent(TimePoint now, bool may_begin);
  bool begin(Sequence& sequence, StepPlan& plan);
  bool take_pages(Sequence& sequence, std::span<const PageId> found, std::size_t spare, StepPlan& plan);
  Sequence* victim_for(const Sequence& wanting, Wanted wanted);
  bool preempt_for(const Sequence& wanting, Wanted wanted, StepPlan& plan);
  void preempt(Sequence& sequence, StepPlan& plan);
  void write_parts(StepPlan& plan);

  const PlannerLimits limits_;
  PrefixCache cache_;
  ClientShares shares_;
  std::map<SequenceId, Sequence> sequences_;            // in order of arrival
  std::map<SequenceId, Sequence*> by_state_[3];         // in order of arrival
  std::map<std::uint32_t, std::size_t> priorities_[3];  // how many of each, by state
  SequenceId last_id_ = 0;
  bool step_runs_ = false;
  std::vector<SequenceId> in_step_;  // of the step that runs; none of them is erased before it is done
  PlannerCounters counters_;
};

}  // namespace parlance::generation
