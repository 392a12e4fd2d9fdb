#include "rpc/retry_throttle.h"

#include <gtest/gtest.h>

namespace parlance {
namespace {

void fail(RetryThrottle& throttle, int times) {
  for (int i = 0; i < times; ++i) throttle.on_failure();
}

void succeed(RetryThrottle& throttle, int times) {
  for (int i = 0; i < times; ++i) throttle.on_success();
}

TEST(RetryThrottle, AllowsRetriesUntilHalfOfTheTokensAreGone) {
  RetryThrottle throttle{{.max_tokens = 10, .token_ratio = 0.1}};
  EXPECT_TRUE(throttle.allows_retry());
  fail(throttle, 4);
  EXPECT_TRUE(throttle.allows_retry());
  fail(throttle, 1);
  EXPECT_FALSE(throttle.allows_retry());
}

TEST(RetryThrottle, SuccessesGiveTokensBack) {
  RetryThrottle throttle{{.max_tokens = 10, .token_ratio = 0.1}};
  fail(throttle, 6);
  succeed(throttle, 10);
  EXPECT_FALSE(throttle.allows_retry());
  succeed(throttle, 1);
  EXPECT_TRUE(throttle.allows_retry());
}

TEST(RetryThrottle, TokensStayBetweenNoneAndAll) {
  RetryThrottle throttle{{.max_tokens = 2, .token_ratio = 0.57}};
  succeed(throttle, 5);
  EXPECT_EQ(throttle.tokens(), 2);
  fail(throttle, 9);
  EXPECT_EQ(throttle.tokens(), 0);
  succeed(throttle, 1);
  EXPECT_EQ(throttle.tokens(), 0.57);
}

TEST(RetryThrottle, ThousandthsAddUpExactly) {
  RetryThrottle throttle{{.max_tokens = 1000, .token_ratio = 0.001}};
  fail(throttle, 500);
  EXPECT_FALSE(throttle.allows_retry());
  succeed(throttle, 1);
  EXPECT_TRUE(throttle.allows_retry());
}

}  // namespace
}  // namespace parlance
