#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "generation/sampler.h"
#include "generation/step_engine.h"
#include "generation/step_planner.h"
#include "scheduling/generation/generation_mailbox.h"
#include "scheduling/generation/generation_request.h"
#include "scheduling/generation/generation_statistics.h"
#include "scheduling/generation/step_deliveries.h"

namespace parlance::scheduling {

/// All sequences of a version, and a step of them: plan, engine, sampling. For one thread; knows no lock.
class StepRunner {
 public:
  /// `engine` outlives this.
  StepRunner(std::string model, generation::StepEngine& engine, const GenerationLimits& limits);

  void apply(const GenerationCommand& command);
  /// Runs one step of those who can run, after those are told whose deadline has passed.
  void step();
  /// Everybody leaves, and is told `status`.
  void end_all(const Status& status);

  /// When step() has something to do: at once (TimePoint::min()), at a deadline of who is paused, or never.
  TimePoint next_step() const;
  /// What is to be posted.
  StepDeliveries& deliveries() { return deliveries_; }
  /// How many sequences have ended since this was asked last.
  std::size_t take_ended() { return std::exchange(ended_, 0); }
  GenerationStatistics statistics() const;

 private:
  struct Pause {
    TimePoint since;
    OpenSequencePtr sequence;
  };
  using Open = std::map<generation::SequenceId, OpenSequencePtr>;

  void add(const OpenSequencePtr& sequence);
  void cancel(const OpenSequencePtr& sequence);
  void complete(const OpenSequencePtr& sequence);
  void cancel_siblings(OpenSequence& sequence);
  void begin_siblings(OpenSequence& sequence, std::vector<OpenSequencePtr>& begun);
  void pause(const OpenSequencePtr& sequence);
  void end_slow_readers(TimePoint now);
  void expire(generation::SequenceId id);
  Result<std::span<const float>> run(const generation::StepPlan& plan);
  void fail(const generation::StepPlan& plan, const Status& status);
  void sample(const generation::StepPlan& plan, std::span<const float> logits);
  void sample(const OpenSequencePtr& sequence, std::span<const float> logits, TimePoint now);
  void count(OpenSequence& sequence, generation::Token token, TimePoint now);
  void go_on(const OpenSequencePtr& sequence, generation::SampledToken sampled);
  void end(const OpenSequencePtr& sequence, GeneratedStep step);
  void end_with_error(const OpenSequencePtr& sequence, Status status);
  void forget(OpenSequence& sequence);

  const std::string model_;
  generation::StepEngine& engine_;
  const GenerationLimits limits_;
  generation::StepPlanner planner_;
  generation::Sampler sampler_;
  Open open_;
  StepDeliveries deliveries_;
  std::size_t ended_ = 0;
  std::deque<Pause> pauses_;  // those that may still last, the oldest first
  bool is_stuck_ = false;     // nothing could run: only a command or a deadline changes that
  GenerationStatistics counted_;
};

}  // namespace parlance::scheduling
