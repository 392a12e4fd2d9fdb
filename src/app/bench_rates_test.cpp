#include "app/bench_rates.h"

#include <gmock/gmock.h>

namespace parlance::app {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Rates, OneNumberIsOneStep) {
  EXPECT_THAT(*parse_rates("5000"), ElementsAre(5000));
  EXPECT_THAT(*parse_rates("0.5"), ElementsAre(0.5));
  EXPECT_THAT(*parse_rates("1e6"), ElementsAre(1e6));
}

TEST(Rates, ARampHasBothItsEnds) {
  EXPECT_THAT(*parse_rates("1000:4000:1000"), ElementsAre(1000, 2000, 3000, 4000));
  EXPECT_THAT(*parse_rates("0.1:0.3:0.1"), ElementsAre(::testing::DoubleEq(0.1), ::testing::DoubleEq(0.2),
                                                       ::testing::DoubleNear(0.3, 1e-12)));
}

TEST(Rates, ARampEndsBeforeItWouldPassItsEnd) {
  EXPECT_THAT(*parse_rates("1000:3500:1000"), ElementsAre(1000, 2000, 3000));
  EXPECT_THAT(*parse_rates("1000:1500:1000"), ElementsAre(1000));
  EXPECT_THAT(*parse_rates("1000:1000:1"), ElementsAre(1000));
}

TEST(Rates, ARampMayGoDown) { EXPECT_THAT(*parse_rates("300:100:100"), ElementsAre(300, 200, 100)); }

TEST(Rates, WhatIsNoRateIsTold) {
  for (const char* text :
       {"", "fast", "10/s", "0", "-5", "1:2", "1:2:3:4", "1::2", "1:2:0", "inf", "nan", "1e10", ":", "5:"}) {
    const auto rates = parse_rates(text);
    ASSERT_FALSE(rates) << text;
    EXPECT_THAT(rates.error(), HasSubstr("is not a rate: calls a second")) << text;
  }
}

TEST(Rates, TooManyStepsAreTold) {
  EXPECT_EQ(parse_rates("1:1000:1")->size(), 1'000U);
  EXPECT_THAT(parse_rates("1:1001:1").error(), HasSubstr("has 1001 steps; at most 1000"));
}

}  // namespace
}  // namespace parlance::app
