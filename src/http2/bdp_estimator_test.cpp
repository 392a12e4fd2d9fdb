#include "http2/bdp_estimator.h"

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

using namespace std::chrono_literals;
constexpr std::uint32_t kWindow = 64 * 1024;

TEST(BdpEstimator, SmallCallsAreNeverMeasured) {
  BdpEstimator bdp{kWindow, 1 << 24};
  for (int call = 0; call < 100'000; ++call) EXPECT_FALSE(bdp.data_arrived(100, false, TimePoint{1s}));
}

TEST(BdpEstimator, AWindowThatIsTheLimitIsDoubled) {
  BdpEstimator bdp{kWindow, 1 << 24};
  TimePoint now{1s};
  EXPECT_TRUE(bdp.data_arrived(kWindow / 2, true, now));
  EXPECT_FALSE(bdp.data_arrived(kWindow / 2, true, now));  // one PING at a time
  EXPECT_EQ(bdp.ping_answered(now + 10ms), 2 * kWindow);
  EXPECT_FALSE(bdp.is_sampling());
}

TEST(BdpEstimator, AWindowThatIsNotFilledInARoundTripStays) {
  BdpEstimator bdp{kWindow, 1 << 24};
  TimePoint now{1s};
  EXPECT_TRUE(bdp.data_arrived(kWindow / 2, true, now));
  EXPECT_EQ(bdp.ping_answered(now + 10ms), std::nullopt);
}

TEST(BdpEstimator, NoMoreGrowthOnceTheBandwidthGrowsNoMore) {
  BdpEstimator bdp{kWindow, 1 << 24};
  TimePoint now{1s};
  ASSERT_TRUE(bdp.data_arrived(kWindow, true, now));
  ASSERT_EQ(bdp.ping_answered(now + 10ms), 2 * kWindow);
  // Twice the data, but in twice the time: the window only filled the path's queue.
  ASSERT_TRUE(bdp.data_arrived(2 * kWindow, true, now));
  EXPECT_EQ(bdp.ping_answered(now + 20ms), std::nullopt);
}

TEST(BdpEstimator, GrowthEndsAtTheLimitAndSoDoThePings) {
  BdpEstimator bdp{kWindow, 3 * kWindow};
  TimePoint now{1s};
  ASSERT_TRUE(bdp.data_arrived(kWindow, true, now));
  ASSERT_EQ(bdp.ping_answered(now + 10ms), 2 * kWindow);
  ASSERT_TRUE(bdp.data_arrived(2 * kWindow, true, now));
  ASSERT_EQ(bdp.ping_answered(now + 10ms), 3 * kWindow);
  EXPECT_FALSE(bdp.data_arrived(3 * kWindow, true, now));
}

TEST(BdpEstimator, BetweenTwoMeasurementsHalfAWindowMustPass) {
  BdpEstimator bdp{kWindow, 1 << 24};
  TimePoint now{1s};
  ASSERT_TRUE(bdp.data_arrived(kWindow / 2, true, now));
  ASSERT_EQ(bdp.ping_answered(now + 10ms), std::nullopt);
  EXPECT_FALSE(bdp.data_arrived(kWindow / 2 - 1, true, now));
  EXPECT_TRUE(bdp.data_arrived(1, true, now));
}

TEST(BdpEstimator, AnAnswerToNothingIsIgnored) {
  BdpEstimator bdp{kWindow, 1 << 24};
  EXPECT_EQ(bdp.ping_answered(TimePoint{1s}), std::nullopt);
}

}  // namespace
}  // namespace parlance::http2
