#include "generation/step_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>

namespace parlance::generation {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;

constexpr TimePoint kStart{};
constexpr std::size_t kBlock = 4;

std::vector<Token> count_from(Token first, std::size_t size) {
  std::vector<Token> tokens(size);
  std::iota(tokens.begin(), tokens.end(), first);
  return tokens;
}

struct Planner : StepPlanner {
  explicit Planner(PlannerLimits limits = {}, std::size_t pages = 100, bool cached = true)
      : StepPlanner(limits, pages, {.block_tokens = kBlock, .enabled = cached}) {}

  SequenceId must_add(SequenceRequest request) { return add(std::move(request)).value(); }

  /// Plans a step, runs it, and appends `token` wherever one is wanted.
  StepPlan step(TimePoint now = kStart, Token token = 7) {
    StepPlan made = plan(now);
    if (made.parts.empty()) return made;
    step_done();
    for (const StepPart& part : made.parts) {
      if (part.samples) append(part.sequence, token);
    }
    return made;
  }
};

StepPart part(SequenceId sequence, std::size_t past, std::size_t tokens, bool samples) {
  return {.sequence = sequence, .past = past, .tokens = tokens, .samples = samples};
}

TEST(StepPlanner, GivesPagedAttentionItsArrays) {
  Planner planner;
  planner.must_add({.prompt = {11, 12, 13, 14, 15}, .max_tokens = 4});
  const StepPlan first = planner.step();
  EXPECT_EQ(first.inputs, (StepInputs{.input_ids = {11, 12, 13, 14, 15},
                                      .position_ids = {0, 1, 2, 3, 4},
                                      .past_lens = {0},
                                      .subsequence_begins = {0, 5},
                                      .block_indices = {0, 1},
                                      .block_indices_begins = {0, 2},
                                      .max_context_len = 5}));
  planner.must_add({.prompt = {21, 22}, .max_tokens = 4});
  const StepPlan second = planner.step();
  EXPECT_EQ(second.inputs, (StepInputs{.input_ids = {7, 21, 22},
                                       .position_ids = {5, 0, 1},
                                       .past_lens = {5, 0},
                                       .subsequence_begins = {0, 1, 3},
                                       .block_indices = {0, 1, 2},
                                       .block_indices_begins = {0, 2, 3},
                                       .max_context_len = 6}));
}

TEST(StepPlanner, ALongPromptIsComputedInChunksAndStallsNobody) {
  Planner planner{{.prefill_tokens = 10}};
  const SequenceId reader = planner.must_add({.prompt = {1}, .max_tokens = 50});
  planner.step();
  const SequenceId long_one = planner.must_add({.prompt = count_from(100, 25), .max_tokens = 5});
  EXPECT_THAT(planner.step().parts, ElementsAre(part(reader, 1, 1, true), part(long_one, 0, 10, false)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(reader, 2, 1, true), part(long_one, 10, 10, false)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(reader, 3, 1, true), part(long_one, 20, 5, true)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(reader, 4, 1, true), part(long_one, 25, 1, true)));
}

TEST(StepPlanner, PriorityComesFirstThenTheDeadlineThenTheShare) {
  Planner planner{{.max_running = 1}};
  const SequenceId late = planner.must_add({.prompt = {1}, .client = "a"});
  const SequenceId soon =
      planner.must_add({.prompt = {2}, .deadline = Deadline{kStart + milliseconds{500}}, .client = "b"});
  const SequenceId low =
      planner.must_add({.prompt = {3}, .priority = 2, .deadline = Deadline{kStart + milliseconds{1}}});
  const SequenceId same = planner.must_add({.prompt = {4}, .client = "c"});
  std::vector<SequenceId> order;
  while (!planner.empty()) {
    const StepPlan plan = planner.step();
    order.push_back(plan.parts.at(0).sequence);
    planner.remove(order.back());
  }
  EXPECT_THAT(order, ElementsAre(soon, late, same, low));
}

TEST(StepPlanner, AClientWithManyRequestsDoesNotKeepOthersWaiting) {
  Planner planner{{.max_running = 1}, 100, false};
  for (int i = 0; i < 20; ++i)
    planner.must_add({.prompt = count_from(i * 50, 30), .max_tokens = 1, .client = "busy"});
  std::vector<SequenceId> order;
  SequenceId other = 0;
  for (int round = 0; round < 4; ++round) {
    order.push_back(planner.step().parts.at(0).sequence);
    planner.remove(order.back());
    if (round == 1) other = planner.must_add({.prompt = {9}, .max_tokens = 1, .client = "other"});
  }
  // "other" begins level with "busy", who came earlier; after one more turn of "busy" it has had less.
  EXPECT_THAT(order, ElementsAre(1, 2, 3, other));
}

TEST(StepPlanner, ChunksOfPromptsAlternateBetweenClients) {
  Planner planner{{.prefill_tokens = 10}, 100, false};
  const SequenceId first = planner.must_add({.prompt = count_from(0, 30), .client = "a"});
  const SequenceId second = planner.must_add({.prompt = count_from(100, 20), .client = "b"});
  EXPECT_THAT(planner.step().parts, ElementsAre(part(first, 0, 10, false)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(second, 0, 10, false)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(first, 10, 10, false)));
  EXPECT_THAT(planner.step().parts, ElementsAre(part(second, 10, 10, true)));
}

TEST(StepPlanner, RemovedAtOnceOrWhenItsStepIsDone) {
  Planner planner;
  const SequenceId one = planner.must_add({.prompt = count_from(0, 9)});
  const SequenceId other = planner.must_add({.prompt = count_from(50, 9)});
  planner.step();
  EXPECT_EQ(planner.cache().in_use(), 6u);
  planner.remove(one);
  EXPECT_EQ(planner.cache().in_use(), 3u) << "no step runs: its pages are free now";
  ASSERT_THAT(planner.plan(kStart).parts, ElementsAre(part(other, 9, 1, true)));
  planner.remove(other);
  EXPECT_EQ(planner.cache().in_use(), 3u) << "the step writes to them";
  planner.step_done();
  EXPECT_EQ(planner.cache().in_use(), 0u);
  planner.append(other, 1);
  EXPECT_TRUE(planner.empty());
}

TEST(StepPlanner, WhoseDeadlineHasPassedLeavesBeforeTheStep) {
  Planner planner;
  const SequenceId gone =
      planner.must_add({.prompt = {1, 2}, .deadline = Deadline{kStart + milliseconds{10}}});
  const SequenceId waits =
      planner.must_add({.prompt = {3, 4}, .deadline = Deadline{kStart + milliseconds{30}}});
  planner.step();
  const StepPlan plan = planner.step(kStart + milliseconds{10});
  EXPECT_THAT(plan.expired, ElementsAre(gone));
  EXPECT_THAT(plan.parts, ElementsAre(part(waits, 2, 1, true)));
  EXPECT_EQ(planner.cache().in_use(), 1u);
}

TEST(StepPlanner, APausedSequenceIsInNoStepAndGoesOnWhereItWas) {
  Planner planner;
  const SequenceId slow = planner.must_add({.prompt = {1, 2}});
  const SequenceId other = planner.must_add({.prompt = {3, 4}});
  planner.step();
  planner.pause(slow);
  EXPECT_THAT(planner.step().parts, ElementsAre(part(other, 2, 1, true)));
  planner.resume(slow);
  EXPECT_THAT(planner.step().parts, ElementsAre(part(slow, 2, 1, true), part(other, 3, 1, true)));
}

TEST(StepPlanner, APausedSequenceLosesItsPagesFirst) {
  Planner planner{{}, 4, false};
  const SequenceId slow = planner.must_add({.prompt = count_from(0, 8), .max_tokens = 4});
  const SequenceId other = planner.must_add({.prompt = count_from(50, 3), .max_tokens = 12});
  planner.step();
  planner.pause(slow);
  StepPlan plan;
  while (plan.preempted.empty()) plan = planner.step();
  EXPECT_THAT(plan.preempted, ElementsAre(slow)) << "though it came first";
  EXPECT_THAT(plan.parts, ElementsAre(part(other, 8, 1, true)));
  planner.remove(other);
  planner.resume(slow);
  EXPECT_THAT(planner.step().parts, ElementsAre(part(slow, 0, 9, true)))
      << "anew, with the token made before";
}

TEST(StepPlanner, WhenPagesRunOutTheYoungestIsComputedAnewLater) {
  Planner planner{{}, 5, false};
  const SequenceId old_one = planner.must_add({.prompt = count_from(0, 7), .max_tokens = 9});
  const SequenceId young = planner.must_add({.prompt = count_from(50, 7), .max_tokens = 9});
  StepPlan plan;
  while (plan.preempted.empty()) plan = planner.step();
  EXPECT_THAT(plan.preempted, ElementsAre(young));
  ASSERT_THAT(plan.parts, testing::SizeIs(1));
  EXPECT_EQ(plan.parts[0].sequence, old_one);
  EXPECT_GT(planner.counters().recomputed_tokens, 0u);
  while (planner.tokens(old_one).size() < 16) planner.step();
  planner.remove(old_one);
  plan = planner.step();
  EXPECT_THAT(plan.parts, ElementsAre(part(young, 0, planner.tokens(young).size() - 1, true)));
}

TEST(StepPlanner, AHigherPriorityTakesPlaceAndPagesFromALower) {
  Planner planner{{.max_running = 1}, 3, false};
  const SequenceId low = planner.must_add({.prompt = count_from(0, 6), .max_tokens = 4, .priority = 3});
  planner.step();
  const SequenceId peer = planner.must_add({.prompt = count_from(20, 6), .max_tokens = 4, .priority = 3});
  EXPECT_THAT(planner.step().parts, ElementsAre(part(low, 6, 1, true))) << "its peer waits";
  const SequenceId high = planner.must_add({.prompt = count_from(40, 6), .max_tokens = 4, .priority = 1});
  const StepPlan plan = planner.step();
  EXPECT_THAT(plan.preempted, ElementsAre(low));
  EXPECT_THAT(plan.parts, ElementsAre(part(high, 0, 6, true)));
  planner.remove(high);
  EXPECT_THAT(planner.step().parts,
              testing::Contains(testing::Field(&StepPart::sequence, testing::AnyOf(low, peer))));
}

TEST(StepPlanner, ASequenceBeginsBehindAPrefixThatIsKnown) {
  Planner planner;
  const SequenceId first = planner.must_add({.prompt = count_from(0, 12)});
  planner.step();
  const SequenceId second = planner.must_add({.prompt = count_from(0, 12)});
  const SequenceId third = planner.must_add({.prompt = count_from(0, 13)});
  EXPECT_THAT(planner.step().parts,
              ElementsAre(part(first, 12, 1, true), part(second, 8, 4, true), part(third, 12, 1, true)))
      << "the last token is always computed";
  EXPECT_EQ(planner.counters().cached_tokens, 20u);
}

TEST(StepPlanner, AForkSharesItsPagesAndCopiesTheLastOne) {
  Planner planner;
  const SequenceId original = planner.must_add({.prompt = count_from(0, 6), .max_tokens = 4});
  planner.plan(kStart);
  planner.step_done();
  const SequenceId second = planner.fork(original).value();
  planner.append(original, 1);
  planner.append(second, 2);
  EXPECT_EQ(planner.cache().in_use(), 2u);
  const StepPlan plan = planner.step();
  EXPECT_THAT(plan.parts, ElementsAre(part(original, 6, 1, true), part(second, 6, 1, true)));
  EXPECT_THAT(plan.copies, ElementsAre(PageCopy{.from = 1, .to = 2}));
  EXPECT_EQ(planner.cache().in_use(), 3u);
  EXPECT_EQ(planner.tokens(second)[6], 2);
}

TEST(StepPlanner, WhatCannotRunIsRefused) {
  Planner planner{{.max_waiting = 1, .max_sequence_tokens = 30}, 5};
  const auto refusal = [&](std::size_t prompt, std::size_t max_tokens) {
    return planner.add({.prompt = count_from(0, prompt), .max_tokens = max_tokens}).error();
  };
  EXPECT_EQ(refusal(0, 5), Refusal::kEmptyPrompt);
  EXPECT_EQ(refusal(5, 0), Refusal::kEmptyPrompt);
  EXPECT_EQ(refusal(20, 11), Refusal::kTooLong);
  EXPECT_EQ(refusal(5, SIZE_MAX), Refusal::kTooLong);
  EXPECT_EQ(refusal(11, 11), Refusal::kMoreThanAllPages);
  EXPECT_TRUE(planner.add({.prompt = count_from(0, 11), .max_tokens = 10}).has_value())
      << "the last token needs no page";
  EXPECT_EQ(refusal(1, 1), Refusal::kQueueFull);
}

TEST(StepPlanner, NobodyPassesALongPromptWhoseTurnItIs) {
  Planner planner{{}, 6, false};
  const SequenceId running = planner.must_add({.prompt = count_from(0, 8), .max_tokens = 2});
  planner.step();
  const SequenceId long_one =
      planner.must_add({.prompt = count_from(20, 17), .max_tokens = 2, .client = "long"});
  const SequenceId short_one = planner.must_add({.prompt = {1}, .max_tokens = 2, .client = "short"});
  EXPECT_THAT(planner.step().parts, ElementsAre(part(running, 8, 1, true)));
  planner.remove(running);
  EXPECT_THAT(planner.step().parts, ElementsAre(part(long_one, 0, 17, true)));
  EXPECT_EQ(planner.waiting(), 1u);
  planner.remove(long_one);
  EXPECT_THAT(planner.step().parts, ElementsAre(part(short_one, 0, 1, true)));
}

TEST(StepPlanner, CountsWhoRunsWaitsAndIsPaused) {
  Planner planner{{.max_running = 1}};
  const SequenceId one = planner.must_add({.prompt = {1}});
  planner.must_add({.prompt = {2}});
  const SequenceId three = planner.must_add({.prompt = {3}});
  planner.pause(three);
  planner.step();
  EXPECT_EQ(planner.running(), 1u);
  EXPECT_EQ(planner.waiting(), 1u);
  EXPECT_EQ(planner.paused(), 1u);
  planner.pause(one);
  EXPECT_EQ(planner.running(), 0u);
  EXPECT_EQ(planner.paused(), 2u);
}

}  // namespace
}  // namespace parlance::generation
