#include "app/quantities.h"

#include <gmock/gmock.h>

namespace parlance::app {
namespace {

using std::chrono::nanoseconds;

TEST(Quantities, TimesHaveThreeDigitsAndTheirUnit) {
  EXPECT_EQ(time_text(nanoseconds{0}), "0 ns");
  EXPECT_EQ(time_text(nanoseconds{870}), "870 ns");
  EXPECT_EQ(time_text(nanoseconds{1'000}), "1.00 µs");
  EXPECT_EQ(time_text(nanoseconds{61'234}), "61.2 µs");
  EXPECT_EQ(time_text(nanoseconds{999'600}), "1.00 ms");
  EXPECT_EQ(time_text(nanoseconds{123'400'000}), "123 ms");
  EXPECT_EQ(time_text(std::chrono::seconds{2'050}), "2050 s");
}

TEST(Quantities, NumbersAreGroupedOrHaveDigitsBehindThePoint) {
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(0.523), "0.52");
  EXPECT_EQ(number_text(17.26), "17.3");
  EXPECT_EQ(number_text(999), "999");
  EXPECT_EQ(number_text(152'461.4), "152,461");
  EXPECT_EQ(number_text(1'000'000), "1,000,000");
}

TEST(Quantities, CountsAreWhole) {
  EXPECT_EQ(count_text(0), "0");
  EXPECT_EQ(count_text(3), "3");
  EXPECT_EQ(count_text(1'234), "1,234");
  EXPECT_EQ(count_text(12'345'678), "12,345,678");
}

TEST(Quantities, BytesAreDecimal) {
  EXPECT_EQ(bytes_text(12), "12 B");
  EXPECT_EQ(bytes_text(5'100'000), "5.10 MB");
  EXPECT_EQ(bytes_text(4e9), "4.00 GB");
}

}  // namespace
}  // namespace parlance::app
