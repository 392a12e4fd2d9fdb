#include "scheduling/generation/step_deliveries.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <vector>

#include "net/loop.h"

namespace parlance::scheduling {
namespace {

OpenSequencePtr sequence_of(net::Loop& loop) {
  return std::make_shared<OpenSequence>(loop, GenerationRequest{}, 16, TimePoint{});
}

GeneratedStep step_with(generation::Token token, std::optional<FinishReason> finish = {}) {
  return {.sampled = {.token = token, .logprob = 0, .top = {}}, .finish = finish, .status = {}};
}

TEST(StepDeliveries, AllStepsOfALoopComeInOneTurnAndThoseOfAnotherDoNot) {
  net::Loop first, second;
  const OpenSequencePtr a = sequence_of(first), b = sequence_of(second), c = sequence_of(first);
  StepDeliveries deliveries;
  deliveries.add(a, step_with(1));
  deliveries.add(b, step_with(2));
  deliveries.add(c, step_with(3, FinishReason::kLength));
  EXPECT_TRUE(deliveries.post().empty());
  EXPECT_TRUE(first.step());
  ASSERT_EQ(a->steps.size(), 1U);
  ASSERT_EQ(c->steps.size(), 1U);
  EXPECT_EQ(a->steps.front().sampled.token, 1);
  EXPECT_FALSE(a->ended);
  EXPECT_TRUE(c->ended);
  EXPECT_TRUE(b->steps.empty());
  EXPECT_FALSE(first.step()) << "nothing was left for another turn";
  EXPECT_TRUE(second.step());
  EXPECT_EQ(b->steps.front().sampled.token, 2);
}

TEST(StepDeliveries, WhoHasLeftIsGivenNothing) {
  net::Loop loop;
  const OpenSequencePtr gone = sequence_of(loop);
  gone->ended = true;
  StepDeliveries deliveries;
  deliveries.add(gone, step_with(1));
  EXPECT_TRUE(deliveries.post().empty());
  loop.step();
  EXPECT_TRUE(gone->steps.empty());
}

TEST(StepDeliveries, SequencesOfALoopThatIsGoneAreNamed) {
  auto loop = std::make_unique<net::Loop>();
  net::Loop other;
  const OpenSequencePtr lost = sequence_of(*loop), kept = sequence_of(other);
  loop.reset();
  StepDeliveries deliveries;
  deliveries.add(lost, step_with(1));
  deliveries.add(kept, step_with(2));
  EXPECT_EQ(deliveries.post(), std::vector<OpenSequencePtr>{lost});
}

}  // namespace
}  // namespace parlance::scheduling
