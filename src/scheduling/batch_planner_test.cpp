#include "scheduling/batch_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduling/testing/waiting.h"

namespace parlance::scheduling {
namespace {

using models::QueueOrder;
using testing::at;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::numbers;
using testing::Requests;
using namespace std::chrono_literals;

class BatchPlannerTest : public ::testing::Test {
 protected:
  void push(const Requests::With& with) { queue_.push(requests_.make(with)); }
  void push(int count, const Requests::With& with) {
    for (int i = 0; i < count; ++i) push(with);
  }
  BatchPlan plan(Duration now = 0ms) { return BatchPlanner{limits_, times_}.plan(queue_, at(now)); }

  /// 8 ms and half a millisecond a row, measured just now.
  void know_times() {
    times_.measured(1, 8500us, at(0ms));
    times_.measured(8, 12ms, at(0ms));
  }

  BatchLimits limits_{.max_batch = 4, .max_delay = 10ms};
  ServiceTimeEstimator times_;
  Requests requests_;
  RequestQueue queue_{QueueOrder::kDeadline, 4};
};

TEST_F(BatchPlannerTest, AnEmptyQueueIsLookedAtWhenSomebodyComes) {
  EXPECT_THAT(plan().run, IsEmpty());
  EXPECT_EQ(plan().look_again, TimePoint::max());
}

TEST_F(BatchPlannerTest, RunsWhatFillsABatch) {
  push(5, {});
  const BatchPlan full = plan();
  EXPECT_THAT(numbers(full.run), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(full.rows, 4U);
  EXPECT_EQ(full.reason, BatchReason::kSize);
}

TEST_F(BatchPlannerTest, WaitsForMoreUntilTheFirstHasWaitedForMaxDelay) {
  push({.arrived = 3ms});
  push({.arrived = 5ms});
  EXPECT_THAT(plan(12ms).run, IsEmpty());
  EXPECT_EQ(plan(12ms).look_again, at(13ms));
  const BatchPlan due = plan(13ms);
  EXPECT_THAT(numbers(due.run), ElementsAre(1, 2));
  EXPECT_EQ(due.reason, BatchReason::kDelay);
}

TEST_F(BatchPlannerTest, DoesNotWaitPastWhatTheEarliestDeadlineLeavesAfterTheRun) {
  know_times();
  push({.deadline = 15ms});
  const Duration run = times_.conservative(1);
  EXPECT_EQ(plan().look_again, at(15ms - run));
  EXPECT_EQ(plan(15ms - run).reason, BatchReason::kDeadline);
  EXPECT_THAT(numbers(plan(15ms - run).run), ElementsAre(1));
}

TEST_F(BatchPlannerTest, RunsAtOnceWhenAPreferredSizeIsReached) {
  limits_ = {.max_batch = 16, .max_delay = 10ms, .preferred = {2, 4}};
  push({});
  EXPECT_THAT(plan().run, IsEmpty());
  push({});
  push({});
  EXPECT_THAT(numbers(plan().run), ElementsAre(1, 2));
  EXPECT_EQ(plan().reason, BatchReason::kPreferred);
  push(3, {});
  EXPECT_EQ(plan().rows, 4U) << "the largest that is reached";
  EXPECT_EQ(plan(10ms).reason, BatchReason::kPreferred);
}

TEST_F(BatchPlannerTest, TakesAsManyRowsAsFit) {
  push({.rows = 3});
  push({.rows = 2});
  push({.rows = 1});
  const BatchPlan first = plan();
  EXPECT_THAT(numbers(first.run), ElementsAre(1)) << "nobody is passed over";
  EXPECT_EQ(first.reason, BatchReason::kSize);
}

TEST_F(BatchPlannerTest, ARequestThatMayNotBeBatchedRunsAloneAndAtOnce) {
  push({.may_batch = false});
  push(2, {});
  EXPECT_THAT(numbers(plan().run), ElementsAre(1));
  EXPECT_EQ(plan().reason, BatchReason::kAlone);
}

TEST_F(BatchPlannerTest, WithoutBatchingEveryRequestRunsAloneWhateverItsRows) {
  limits_ = {.max_batch = 1};
  push({.rows = 20});
  push({});
  EXPECT_THAT(numbers(plan().run), ElementsAre(1));
  EXPECT_EQ(plan().rows, 20U);
  EXPECT_EQ(plan().reason, BatchReason::kAlone);
}

TEST_F(BatchPlannerTest, OnlyRequestsOfOneShapeShareARun) {
  push({.shape = 1});
  push(4, {.shape = 2});
  const BatchPlan second = plan();
  EXPECT_THAT(numbers(second.run), ElementsAre(2, 3, 4, 5)) << "the first shape still waits for more";
  EXPECT_EQ(second.reason, BatchReason::kSize);
  EXPECT_THAT(numbers(plan(10ms).run), ElementsAre(1));
}

TEST_F(BatchPlannerTest, KeepsTheOrderOfArrivalWhenToldTo) {
  limits_.in_order = true;
  push({.shape = 1});
  push(4, {.shape = 2});
  EXPECT_THAT(numbers(plan().run), ElementsAre(1));
}

TEST_F(BatchPlannerTest, AHigherPriorityThanTheModelsOwnDoesNotWait) {
  limits_.usual_priority = 3;
  push({.priority = 3});
  EXPECT_THAT(plan().run, IsEmpty());
  push({.priority = 2});
  EXPECT_THAT(numbers(plan().run), ElementsAre(2, 1)) << "and takes along who is there";
  EXPECT_EQ(plan().reason, BatchReason::kPriority);
}

TEST_F(BatchPlannerTest, LeavesOutWhatExpired) {
  push({.deadline = 5ms});
  push({});
  const BatchPlan due = plan(10ms);
  EXPECT_THAT(numbers(due.expired), ElementsAre(1));
  EXPECT_THAT(numbers(due.run), ElementsAre(2));
}

TEST_F(BatchPlannerTest, LeavesOutWhatARunWouldAnswerTooLate) {
  know_times();
  push({.deadline = 18ms});
  push({});
  EXPECT_THAT(plan(9ms).too_late, IsEmpty());
  const BatchPlan due = plan(10ms);
  EXPECT_THAT(numbers(due.too_late), ElementsAre(1));
  EXPECT_THAT(numbers(due.run), ElementsAre(2));
}

TEST_F(BatchPlannerTest, TurnsNobodyAwayForAnEstimateThatIsStale) {
  know_times();
  push({.deadline = 305ms});
  const BatchPlan due = plan(300ms);
  EXPECT_THAT(due.too_late, IsEmpty());
  EXPECT_THAT(numbers(due.run), ElementsAre(1));
}

TEST_F(BatchPlannerTest, ABatchGrowsOnlyAsLongAsAllInItAreInTime) {
  know_times();
  push({.deadline = 9ms});  // 8.5 ms alone, 9 with another, 9.5 with two
  push(2, {.deadline = 100ms});
  const BatchPlan tight = plan();
  EXPECT_THAT(numbers(tight.run), ElementsAre(1, 2));
  EXPECT_EQ(tight.reason, BatchReason::kDeadline);
}

TEST_F(BatchPlannerTest, AStragglerDoesNotMakeRunsSmallWhenManyWait) {
  know_times();
  push({.deadline = 9ms});
  push(5, {.deadline = 100ms});
  const BatchPlan full = plan();
  EXPECT_THAT(numbers(full.too_late), ElementsAre(1));
  EXPECT_THAT(numbers(full.run), ElementsAre(2, 3, 4, 5));
}

TEST_F(BatchPlannerTest, OrderOfArrivalLeavesNothingOut) {
  know_times();
  limits_.order = QueueOrder::kArrival;
  push({.deadline = 5ms});
  push(3, {.deadline = 11ms});
  const BatchPlan all = plan(10ms);
  EXPECT_THAT(all.expired, IsEmpty());
  EXPECT_THAT(all.too_late, IsEmpty());
  EXPECT_THAT(numbers(all.run), ElementsAre(1, 2, 3, 4));
}

}  // namespace
}  // namespace parlance::scheduling
