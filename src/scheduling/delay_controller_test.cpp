#include "scheduling/delay_controller.h"

#include <gtest/gtest.h>

#include "scheduling/testing/waiting.h"

namespace parlance::scheduling {
namespace {

using testing::at;
using namespace std::chrono_literals;

/// Full windows of one latency, which is that of requests that came after the last decision.
void feed(DelayController& controller, const ServiceTimeEstimator& times, Duration latency, int windows,
          Duration& now) {
  for (int w = 0; w < windows; ++w) {
    now += latency;
    for (std::size_t i = 0; i < DelayController::kWindow; ++i) controller.measured(latency, at(now), times);
    now += 1ms;
  }
}

TEST(DelayController, GrowsWhileThereIsRoomBelowTheTarget) {
  DelayController controller{40ms, 8};
  const ServiceTimeEstimator times;
  Duration now{};
  feed(controller, times, 5ms, 1, now);
  EXPECT_EQ(controller.max_delay(), 1ms);
  feed(controller, times, 5ms, 9, now);
  EXPECT_EQ(controller.max_delay(), 10ms);
}

TEST(DelayController, ShrinksByAFactorAboveTheTarget) {
  DelayController controller{40ms, 8};
  const ServiceTimeEstimator times;
  Duration now{};
  feed(controller, times, 5ms, 10, now);
  feed(controller, times, 41ms, 1, now);
  EXPECT_EQ(controller.max_delay(), 8ms);
}

TEST(DelayController, StaysWhenItIsCloseEnough) {
  DelayController controller{40ms, 8};
  const ServiceTimeEstimator times;
  Duration now{};
  feed(controller, times, 5ms, 10, now);
  feed(controller, times, 38ms, 10, now);
  EXPECT_EQ(controller.max_delay(), 10ms);
}

TEST(DelayController, ABatchFitsTwiceIntoTheTarget) {
  DelayController controller{40ms, 64};
  ServiceTimeEstimator times;
  times.expect(1, 9ms);
  times.expect(8, 16ms);
  Duration now{};
  EXPECT_EQ(controller.max_batch(), 64U);
  feed(controller, times, 5ms, 1, now);
  EXPECT_EQ(controller.max_batch(), 12U) << "8 ms and 1 ms a row: 20 ms";
}

TEST(DelayController, RequestsFromBeforeTheLastDecisionSayNothingOfIt) {
  DelayController controller{40ms, 8};
  const ServiceTimeEstimator times;
  for (std::size_t i = 0; i < 10 * DelayController::kWindow; ++i) controller.measured(5ms, at(1ms), times);
  EXPECT_EQ(controller.max_delay(), 1ms) << "one decision";
}

}  // namespace
}  // namespace parlance::scheduling
