#include "http2/abuse_limits.h"

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

using namespace std::chrono_literals;

TEST(TokenBucket, GivesTheBurstAndThenTheRate) {
  TokenBucket bucket{{3, 2}};
  const TimePoint now{1h};
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_TRUE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now));
  EXPECT_FALSE(bucket.take(now + 499ms));
  EXPECT_TRUE(bucket.take(now + 500ms));
  EXPECT_FALSE(bucket.take(now + 500ms));
}

TEST(TokenBucket, NeverHoldsMoreThanTheBurst) {
  TokenBucket bucket{{2, 100}};
  EXPECT_TRUE(bucket.take(TimePoint{1h}));
  EXPECT_TRUE(bucket.take(TimePoint{100h}));
  EXPECT_TRUE(bucket.take(TimePoint{100h}));
  EXPECT_FALSE(bucket.take(TimePoint{100h}));
}

TEST(AbuseLimits, TheTextNamesLimitObservationAndKnob) {
  Limits limits;
  limits.resets = {2, 1};
  AbuseLimits abuse{limits};
  abuse.set_now(TimePoint{1h});
  EXPECT_TRUE(abuse.count_reset());
  EXPECT_TRUE(abuse.count_reset());
  const Outcome over = abuse.count_reset();
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().scope, Fault::Scope::kConnection);
  EXPECT_EQ(over.error().code, ErrorCode::kEnhanceYourCalm);
  EXPECT_EQ(over.error().reason,
            "too many stream resets: 3 on this connection, allowed are 2 at once and 1 per second (option "
            "resets)");
}

TEST(AbuseLimits, APingIsFreeAfterPayloadWasSent) {
  Limits limits;
  limits.pings = {1, 0};
  AbuseLimits abuse{limits};
  abuse.set_now(TimePoint{1h});
  for (int i = 0; i < 50; ++i) {
    abuse.data_sent(100);
    EXPECT_TRUE(abuse.count_ping());
  }
  EXPECT_TRUE(abuse.count_ping());
  EXPECT_FALSE(abuse.count_ping());
}

TEST(AbuseLimits, WindowUpdatesAreFreeAsFarAsTheyFollowData) {
  Limits limits;
  limits.empty_frames = {0, 0};
  AbuseLimits abuse{limits};
  abuse.set_now(TimePoint{1h});
  abuse.data_sent(16 * 1024);
  for (int i = 0; i < 40; ++i) EXPECT_TRUE(abuse.count_window_update()) << i;
  EXPECT_FALSE(abuse.count_window_update());
}

TEST(AbuseLimits, ContinuationsAndQueuedAnswersAreBounded) {
  const Limits limits;
  AbuseLimits abuse{limits};
  EXPECT_TRUE(abuse.check_continuations(8));
  EXPECT_FALSE(abuse.check_continuations(9));
  EXPECT_TRUE(abuse.check_queued_control(64 * 1024));
  EXPECT_FALSE(abuse.check_queued_control(64 * 1024 + 1));
}

}  // namespace
}  // namespace parlance::http2
