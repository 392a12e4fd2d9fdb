#include "scheduling/service_time_estimator.h"

#include <gtest/gtest.h>

#include "scheduling/testing/waiting.h"

namespace parlance::scheduling {
namespace {

using testing::at;
using namespace std::chrono_literals;

TEST(ServiceTimeEstimator, KnowsNothingAtFirst) {
  const ServiceTimeEstimator times;
  EXPECT_EQ(times.typical(4), Duration::zero());
  EXPECT_TRUE(times.stale(at(0ms)));
}

TEST(ServiceTimeEstimator, OneSizeSaysAtMostTwiceForLargerOnes) {
  ServiceTimeEstimator times;
  times.expect(1, 10ms);
  EXPECT_EQ(times.typical(1), 10ms);
  EXPECT_EQ(times.typical(32), 20ms);
}

TEST(ServiceTimeEstimator, GoesOnInAStraightLine) {
  ServiceTimeEstimator times;
  times.expect(1, 9ms);
  times.expect(8, 16ms);
  EXPECT_EQ(times.typical(4), 12ms);
  EXPECT_EQ(times.typical(16), 24ms);
  EXPECT_EQ(times.typical(0), 9ms);
}

TEST(ServiceTimeEstimator, ConservativeIsAboveTypicalByTwoDeviations) {
  ServiceTimeEstimator times;
  for (int i = 0; i < 200; ++i) times.measured(1, i % 2 == 0 ? 8ms : 12ms, at(i * 1ms));
  EXPECT_NEAR(std::chrono::duration<double>(times.typical(1)).count(), 0.010, 0.0005);
  EXPECT_NEAR(std::chrono::duration<double>(times.conservative(1)).count(), 0.014, 0.001);
}

TEST(ServiceTimeEstimator, FollowsAChange) {
  ServiceTimeEstimator times;
  times.expect(1, 1ms);
  for (int i = 0; i < 50; ++i) times.measured(1, 20ms, at(i * 1ms));
  EXPECT_GT(times.typical(1), 19ms);
}

TEST(ServiceTimeEstimator, IsStaleWhenNothingRanForTwentyRuns) {
  ServiceTimeEstimator times;
  times.measured(1, 10ms, at(0ms));
  EXPECT_FALSE(times.stale(at(200ms)));
  EXPECT_TRUE(times.stale(at(201ms)));
  times.measured(1, 10us, at(201ms));
  for (int i = 0; i < 100; ++i) times.measured(1, 10us, at(201ms));
  EXPECT_FALSE(times.stale(at(301ms)));
  EXPECT_TRUE(times.stale(at(302ms)));
}

}  // namespace
}  // namespace parlance::scheduling
