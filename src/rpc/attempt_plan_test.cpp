#include "rpc/attempt_plan.h"

#include <gtest/gtest.h>

namespace parlance::detail {
namespace {

using namespace std::chrono_literals;
using Next = AttemptPlan::Next;
using Policy = std::variant<RetryPolicy, HedgingPolicy>;

constexpr double kMiddle = 0.5;  // no jitter
const AttemptFailure kUnavailable{StatusCode::kUnavailable};

RetryThrottle generous() { return RetryThrottle{{.max_tokens = 1000, .token_ratio = 0.1}}; }

AttemptFailure pushed_back(std::string_view text) { return {StatusCode::kUnavailable, text}; }

TEST(AttemptPlan, PausesOfTheDefaultPolicyAre100And200And400Milliseconds) {
  const Policy policy;
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  std::vector<Duration> pauses;
  EXPECT_EQ(plan.on_started(), std::nullopt);
  for (auto decision = plan.on_failure(kUnavailable, throttle, kMiddle); decision.next == Next::kAgain;
       decision = plan.on_failure(kUnavailable, throttle, kMiddle)) {
    pauses.push_back(decision.pause);
    plan.on_started();
  }
  EXPECT_EQ(pauses, (std::vector<Duration>{100ms, 200ms, 400ms}));
  EXPECT_EQ(plan.started(), 4);
}

TEST(AttemptPlan, PausesGrowToTheMaximumWithAFifthOfJitter) {
  const Policy policy{
      RetryPolicy{.max_attempts = 5, .initial_backoff = 1s, .max_backoff = 3s, .backoff_multiplier = 2}};
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, 0).pause, 800ms);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, 0.75).pause, 2200ms);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).pause, 3s);
}

TEST(AttemptPlan, OtherCodesEndTheCall) {
  const Policy policy;
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_EQ(plan.on_failure({StatusCode::kInternal}, throttle, kMiddle).next, Next::kEnd);
  EXPECT_EQ(throttle.tokens(), 1000);
}

TEST(AttemptPlan, TheServersPushbackIsThePauseAndStartsTheBackoffAnew) {
  const Policy policy;
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).pause, 100ms);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(pushed_back("1234"), throttle, kMiddle).pause, 1234ms);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).pause, 100ms);
}

TEST(AttemptPlan, APushbackThatIsNegativeOrNoNumberEndsTheCall) {
  for (const std::string_view text : {"-1", "", "soon", "12x", "99999999999"}) {
    const Policy policy;
    AttemptPlan plan{policy};
    RetryThrottle throttle = generous();
    plan.on_started();
    EXPECT_EQ(plan.on_failure(pushed_back(text), throttle, kMiddle).next, Next::kEnd) << text;
  }
}

TEST(AttemptPlan, AVeryLongPushbackIsTheCallersToWaitFor) {
  const Policy policy;
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_EQ(plan.on_failure(pushed_back("30000"), throttle, kMiddle).pause, 30s);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(pushed_back("30001"), throttle, kMiddle).next, Next::kEnd);
}

TEST(AttemptPlan, RetriesStopWhenHalfOfTheTokensAreGone) {
  const Policy policy{RetryPolicy{.max_attempts = 5}};
  RetryThrottle throttle{{.max_tokens = 4, .token_ratio = 0.1}};
  AttemptPlan plan{policy};
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).next, Next::kAgain);
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).next, Next::kEnd);
}

TEST(AttemptPlan, ACallThatTheServerDidNotLookAtIsRepeatedOnceForNothing) {
  const Policy policy{RetryPolicy{.max_attempts = 1}};
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  const AttemptFailure refused{.code = StatusCode::kUnavailable, .unprocessed = true};
  plan.on_started();
  const auto first = plan.on_failure(refused, throttle, kMiddle);
  EXPECT_EQ(first.next, Next::kAgain);
  EXPECT_EQ(first.pause, Duration::zero());
  EXPECT_EQ(throttle.tokens(), 1000);
  plan.on_started();
  EXPECT_EQ(plan.started(), 1);
  EXPECT_EQ(plan.on_failure(refused, throttle, kMiddle).next, Next::kEnd);
}

TEST(AttemptPlan, HedgesFollowOneAnotherUntilTheLast) {
  const Policy policy{HedgingPolicy{.max_attempts = 3, .hedging_delay = 50ms}};
  AttemptPlan plan{policy};
  EXPECT_EQ(plan.on_started(), 50ms);
  EXPECT_EQ(plan.on_started(), 50ms);
  EXPECT_EQ(plan.on_started(), std::nullopt);
}

TEST(AttemptPlan, AHedgeThatFailsWithoutBeingFatalIsFollowedAtOnce) {
  const Policy policy{
      HedgingPolicy{.max_attempts = 2, .hedging_delay = 1h, .non_fatal = {StatusCode::kUnavailable}}};
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  const auto decision = plan.on_failure(kUnavailable, throttle, kMiddle);
  EXPECT_EQ(decision.next, Next::kAgain);
  EXPECT_EQ(decision.pause, Duration::zero());
  plan.on_started();
  EXPECT_EQ(plan.on_failure(kUnavailable, throttle, kMiddle).next, Next::kWait);
}

TEST(AttemptPlan, AFatalStatusOfAHedgeEndsTheCall) {
  const Policy policy{HedgingPolicy{.max_attempts = 3, .non_fatal = {StatusCode::kUnavailable}}};
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_EQ(plan.on_failure({StatusCode::kNotFound}, throttle, kMiddle).next, Next::kEnd);
}

TEST(AttemptPlan, AServerThatAsksForNoMoreGetsNoMoreHedges) {
  const Policy policy{
      HedgingPolicy{.max_attempts = 5, .hedging_delay = 1ms, .non_fatal = {StatusCode::kUnavailable}}};
  AttemptPlan plan{policy};
  RetryThrottle throttle = generous();
  plan.on_started();
  EXPECT_TRUE(plan.may_hedge(throttle));
  EXPECT_EQ(plan.on_failure(pushed_back("-1"), throttle, kMiddle).next, Next::kWait);
  EXPECT_FALSE(plan.may_hedge(throttle));
}

}  // namespace
}  // namespace parlance::detail
