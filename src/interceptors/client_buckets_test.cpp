#include "interceptors/client_buckets.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;

const TimePoint kBegin{1000s};

TEST(ClientBuckets, ABurstPassesAndTheNextCallIsToldWhenATokenComes) {
  ClientBuckets buckets{{.per_second = 10, .burst = 3}, 100};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(buckets.take("a", kBegin), 0s);
  EXPECT_EQ(buckets.take("a", kBegin), 100ms);
  EXPECT_EQ(buckets.take("a", kBegin + 60ms), 40ms);
  EXPECT_EQ(buckets.take("a", kBegin + 100ms), 0s);
  EXPECT_EQ(buckets.take("a", kBegin + 100ms), 100ms);
}

TEST(ClientBuckets, RestFillsABucketToItsBurstAndNoFurther) {
  ClientBuckets buckets{{.per_second = 10, .burst = 2}, 100};
  EXPECT_EQ(buckets.take("a", kBegin), 0s);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(buckets.take("a", kBegin + 1h), 0s);
  EXPECT_EQ(buckets.take("a", kBegin + 1h), 100ms);
}

TEST(ClientBuckets, ARefusedCallCostsNothing) {
  ClientBuckets buckets{{.per_second = 1, .burst = 1}, 100};
  EXPECT_EQ(buckets.take("a", kBegin), 0s);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(buckets.take("a", kBegin + 500ms), 500ms);
  EXPECT_EQ(buckets.take("a", kBegin + 1s), 0s);
}

TEST(ClientBuckets, EachClientHasItsOwn) {
  ClientBuckets buckets{{.per_second = 1, .burst = 1}, 100};
  EXPECT_EQ(buckets.take("a", kBegin), 0s);
  EXPECT_EQ(buckets.take("b", kBegin), 0s);
  EXPECT_EQ(buckets.take("a", kBegin), 1s);
}

TEST(ClientBuckets, WhoHasNotCalledForLongestIsForgottenFirst) {
  ClientBuckets buckets{{.per_second = 1, .burst = 1}, 2};
  EXPECT_EQ(buckets.take("a", kBegin), 0s);
  EXPECT_EQ(buckets.take("b", kBegin), 0s);
  EXPECT_EQ(buckets.take("a", kBegin), 1s);  // a called last
  EXPECT_EQ(buckets.take("c", kBegin), 0s);  // in place of b
  EXPECT_EQ(buckets.clients(), 2);
  EXPECT_EQ(buckets.take("a", kBegin), 1s);
  EXPECT_EQ(buckets.take("b", kBegin), 0s);
}

TEST(ClientBuckets, TheWaitOfAVerySlowRateStillFits) {
  ClientBuckets buckets{{.per_second = 1e-300, .burst = 1}, 2};
  EXPECT_EQ(buckets.take("a", kBegin), 0s);
  EXPECT_EQ(buckets.take("a", kBegin), 24h);
}

}  // namespace
}  // namespace parlance::interceptors
