// The planner with its pages over thousands of steps of a toy model whose keys and values live in pages, as
// in the engine: a page that is used wrongly gives wrong tokens.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "generation/step_planner.h"
#include "generation/testing/toy_model.h"

namespace parlance::generation {
namespace {

using std::chrono::milliseconds;
using testing::ToyModel;

struct World {
  std::size_t pages;
  std::size_t block_tokens;
  PlannerLimits limits;
  bool cached;
  int sequences;
  double cancels = 0, pauses = 0, deadlines = 0, forks = 0;  // how likely each is, of a sequence
};

class Simulation {
 public:
  Simulation(const World& world, unsigned seed)
      : world_(world),
        random_(seed),
        model_(world.pages, world.block_tokens),
        planner_(world.limits, world.pages, {.block_tokens = world.block_tokens, .enabled = world.cached}) {}

  void run() {
    int left = world_.sequences;
    for (int step = 0; left > 0 || !planner_.empty(); ++step) {
      ASSERT_LT(step, 200 * world_.sequences + 1000) << "sequences do not end";
      for (int arrivals = left > 0 ? below(3) : 0; arrivals > 0 && left > 0; --arrivals, --left) arrive();
      if (left == 0 || chance(0.3)) resume_some();
      now_ += milliseconds{1 + below(5)};
      one_step();
      if (::testing::Test::HasFatalFailure()) return;
    }
    EXPECT_EQ(planner_.cache().in_use(), 0u) << "pages have leaked";
    EXPECT_EQ(planner_.shares().clients(), 0u);
    EXPECT_EQ(planner_.running() + planner_.waiting() + planner_.paused(), 0u);
  }

  int completed() const { return completed_; }
  const PlannerCounters& counters() const { return planner_.counters(); }

 private:
  struct Caller {
    std::vector<Token> prompt, made;
    std::size_t wanted = 0;
    std::size_t cancel_at = SIZE_MAX;  // made tokens
    bool has_forked = false;
    bool paused = false;
  };

  int below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool chance(double of) { return std::uniform_real_distribution<>{0, 1}(random_) < of; }

  void arrive() {
    Caller caller;
    const int shared = below(4) * static_cast<int>(world_.block_tokens);
    for (int i = 0; i < shared; ++i) caller.prompt.push_back(i % 3);
    for (int i = 1 + below(20); i > 0; --i) caller.prompt.push_back(below(5));
    caller.wanted = 1 + static_cast<std::size_t>(below(25));
    if (chance(world_.cancels)) caller.cancel_at = static_cast<std::size_t>(below(10));
    const Deadline deadline =
        chance(world_.deadlines) ? Deadline{now_ + milliseconds{1 + below(200)}} : Deadline::never();
    const auto id = planner_.add({.prompt = caller.prompt,
                                  .max_tokens = caller.wanted,
                                  .priority = 1 + static_cast<unsigned>(below(3)),
                                  .deadline = deadline,
                                  .client = std::string(1, static_cast<char>('a' + below(4)))});
    if (id) callers_.emplace(*id, std::move(caller));
  }

  void one_step() {
    const StepPlan plan = planner_.plan(now_);
    for (const SequenceId id : plan.expired) callers_.erase(id);
    check(plan);
    if (plan.parts.empty()) return;
    const std::vector<Token> next = model_.run(plan);
    if (chance(0.1)) leave_while_the_step_runs(plan);
    planner_.step_done();
    reading_.clear();
    for (std::size_t part = 0; part < plan.parts.size(); ++part) {
      if (plan.parts[part].samples) take(plan.parts[part].sequence, next[part]);
    }
  }

  void leave_while_the_step_runs(const StepPlan& plan) {
    const SequenceId id =
        plan.parts[static_cast<std::size_t>(below(static_cast<int>(plan.parts.size())))].sequence;
    if (!chance(world_.cancels)) return;
    planner_.remove(id);
    callers_.erase(id);
  }

  void take(SequenceId id, Token token) {
    const auto at = callers_.find(id);
    if (at == callers_.end()) return;
    Caller& caller = at->second;
    if (!caller.has_forked && caller.made.empty() && chance(world_.forks)) fork(id, caller, token);
    caller.made.push_back(token);
    if (caller.made.size() == caller.wanted || caller.made.size() >= caller.cancel_at) {
      ASSERT_EQ(caller.made, ToyModel::alone(caller.prompt, caller.made.size())) << "sequence " << id;
      completed_ += caller.made.size() == caller.wanted ? 1 : 0;
      planner_.remove(id);
      callers_.erase(at);
      return;
    }
    planner_.append(id, token);
    if (chance(world_.pauses)) {
      caller.paused = true;
      planner_.pause(id);
    } else {
      reading_.insert(id);
    }
  }

  /// The copy gets another token, so from there on its text is that of a longer prompt.
  void fork(SequenceId id, Caller& caller, Token token) {
    caller.has_forked = true;
    if (caller.wanted < 2) return;
    const auto copy = planner_.fork(id);
    if (!copy) return;
    Caller other{.prompt = caller.prompt, .made = {}, .wanted = caller.wanted - 1, .has_forked = true};
    other.prompt.push_back(token + 1);
    planner_.append(*copy, token + 1);
    callers_.emplace(*copy, std::move(other));
  }

  void resume_some() {
    for (auto& [id, caller] : callers_) {
      if (!caller.paused || !chance(0.5)) continue;
      caller.paused = false;
      planner_.resume(id);
    }
  }

  void check(const StepPlan& plan) {
    std::set<SequenceId> parts;
    std::set<PageId> written;
    std::size_t prompt_tokens = 0;
    for (std::size_t index = 0; index < plan.parts.size(); ++index) {
      const StepPart& part = plan.parts[index];
      const auto caller = callers_.find(part.sequence);
      ASSERT_NE(caller, callers_.end()) << "a step for a caller who has left";
      ASSERT_FALSE(caller->second.paused);
      ASSERT_TRUE(parts.insert(part.sequence).second);
      if (part.tokens > 1) prompt_tokens += part.tokens;
      check_pages(plan.inputs, index, part, written);
    }
    ASSERT_LE(parts.size(), world_.limits.max_running);
    ASSERT_LE(prompt_tokens, world_.limits.prefill_tokens);
    for (const SequenceId id : reading_) {
      const bool preempted = std::ranges::find(plan.preempted, id) != plan.preempted.end();
      ASSERT_TRUE(parts.contains(id) || preempted || !callers_.contains(id))
          << "a running stream was stalled";
    }
    ASSERT_LE(planner_.running(), world_.limits.max_running);
  }

  /// A page that is written belongs to one sequence.
  void check_pages(const StepInputs& inputs, std::size_t index, const StepPart& part,
                   std::set<PageId>& written) {
    const auto begin = static_cast<std::size_t>(inputs.block_indices_begins[index]);
    const auto end = static_cast<std::size_t>(inputs.block_indices_begins[index + 1]);
    ASSERT_EQ(end - begin, pages_for(part.past + part.tokens, world_.block_tokens));
    for (std::size_t block = part.past / world_.block_tokens; block < end - begin; ++block) {
      const auto page = static_cast<PageId>(inputs.block_indices[begin + block]);
      ASSERT_EQ(planner_.cache().references(page), 1u);
      ASSERT_TRUE(written.insert(page).second);
    }
  }

  const World world_;
  std::mt19937 random_;
  ToyModel model_;
  StepPlanner planner_;
  TimePoint now_{};
  std::map<SequenceId, Caller> callers_;
  std::set<SequenceId> reading_;  // they got a token in the last step and want the next
  int completed_ = 0;
};

constexpr PlannerLimits kSmall{
    .max_running = 6, .max_waiting = 1000, .prefill_tokens = 8, .max_sequence_tokens = 100};

/// Runs a world from several seeds; what it came to in all.
PlannerCounters simulate(const World& world, int* completed = nullptr) {
  PlannerCounters sum;
  for (unsigned seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation{world, seed};
    simulation.run();
    if (::testing::Test::HasFatalFailure()) break;
    sum.computed_tokens += simulation.counters().computed_tokens;
    sum.cached_tokens += simulation.counters().cached_tokens;
    sum.recomputed_tokens += simulation.counters().recomputed_tokens;
    sum.preemptions += simulation.counters().preemptions;
    if (completed != nullptr) *completed += simulation.completed();
  }
  return sum;
}

TEST(GenerationSimulation, WithRoomForAllNobodyIsPreempted) {
  int completed = 0;
  const PlannerCounters sum = simulate(
      {.pages = 2000, .block_tokens = 4, .limits = {}, .cached = false, .sequences = 100}, &completed);
  EXPECT_EQ(completed, 15 * 100) << "nobody cancels, so everybody gets all tokens";
  EXPECT_EQ(sum.preemptions, 0u);
  EXPECT_EQ(sum.cached_tokens, 0u);
}

TEST(GenerationSimulation, TokensAreTheSameWithATinyPool) {
  int completed = 0;
  const PlannerCounters sum = simulate(
      {.pages = 20, .block_tokens = 4, .limits = kSmall, .cached = false, .sequences = 100}, &completed);
  EXPECT_EQ(completed, 15 * 100);
  EXPECT_GT(sum.preemptions, 100u);
}

TEST(GenerationSimulation, TokensAreTheSameWithPrefixesSharedAndPagesScarce) {
  int completed = 0;
  const PlannerCounters sum = simulate(
      {.pages = 16, .block_tokens = 4, .limits = kSmall, .cached = true, .sequences = 100}, &completed);
  EXPECT_EQ(completed, 15 * 100);
  EXPECT_GT(sum.preemptions, 100u);
  EXPECT_GT(sum.cached_tokens, 1000u);
}

TEST(GenerationSimulation, CallersWhoLeavePauseForkOrRunOutOfTime) {
  const PlannerCounters sum = simulate({.pages = 24,
                                        .block_tokens = 4,
                                        .limits = kSmall,
                                        .cached = true,
                                        .sequences = 200,
                                        .cancels = 0.3,
                                        .pauses = 0.1,
                                        .deadlines = 0.3,
                                        .forks = 0.3});
  EXPECT_GT(sum.preemptions, 100u);
  EXPECT_GT(sum.cached_tokens, 1000u);
}

TEST(GenerationSimulation, APageOfOneTokenAndOneOfMany) {
  for (const std::size_t block : {std::size_t{1}, std::size_t{32}}) {
    simulate({.pages = block == 1 ? std::size_t{90} : std::size_t{5},
              .block_tokens = block,
              .limits = kSmall,
              .cached = true,
              .sequences = 60,
              .cancels = 0.1,
              .pauses = 0.1,
              .deadlines = 0.1,
              .forks = 0.2});
  }
}

}  // namespace
}  // namespace parlance::generation
