#include "grpc/timeout.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>

namespace parlance::grpc {
namespace {

using namespace std::chrono_literals;

struct Spelling {
  std::string_view text;
  Duration timeout;
};

TEST(ParseTimeout, KnowsEveryUnit) {
  for (const auto& [text, timeout] :
       {Spelling{"1H", 1h}, Spelling{"2M", 2min}, Spelling{"3S", 3s}, Spelling{"4m", 4ms},
        Spelling{"5u", 5us}, Spelling{"6n", 6ns}, Spelling{"0S", 0s}, Spelling{"00000050m", 50ms}}) {
    EXPECT_EQ(parse_timeout(text), timeout) << text;
  }
}

TEST(ParseTimeout, RefusesEveryOtherForm) {
  for (std::string_view text : {"", "S", "1", "1s", "1 S", "-1S", "+1S", "1.5S", "123456789n", "1SS", "S1",
                                " 1S", "1S ", "0x1S", "1h", "1\xc2\xb5"}) {
    EXPECT_EQ(parse_timeout(text), std::nullopt) << '"' << text << '"';
  }
}

TEST(ParseTimeout, SaturatesPastTheClocksRange) {
  EXPECT_EQ(parse_timeout("99999999H"), Duration::max());
  EXPECT_EQ(parse_timeout("2562047H"), 2562047h);
  EXPECT_EQ(parse_timeout("2562048H"), Duration::max());
  EXPECT_EQ(parse_timeout("99999999M"), 99999999min);
}

TEST(FormatTimeout, TakesTheFinestUnitThatFits) {
  EXPECT_EQ(format_timeout(1ns).view(), "1n");
  EXPECT_EQ(format_timeout(50ms).view(), "50000000n");
  EXPECT_EQ(format_timeout(100ms).view(), "100000u");
  EXPECT_EQ(format_timeout(30s).view(), "30000000u");
  EXPECT_EQ(format_timeout(1h).view(), "3600000m");
  EXPECT_EQ(format_timeout(24h * 365).view(), "31536000S");
}

TEST(FormatTimeout, RoundsUpSoThatNoTimeIsLost) {
  EXPECT_EQ(format_timeout(99'999'999ns).view(), "99999999n");
  EXPECT_EQ(format_timeout(100'000'000ns).view(), "100000u");
  EXPECT_EQ(format_timeout(100'000'001ns).view(), "100001u");
  EXPECT_EQ(format_timeout(99'999'999us + 1ns).view(), "100000m");
}

TEST(FormatTimeout, GivesTheShortestTimeForNoneLeft) {
  EXPECT_EQ(format_timeout(0ns).view(), "1n");
  EXPECT_EQ(format_timeout(-5s).view(), "1n");
}

TEST(FormatTimeout, WritesTheLongestTime) {
  EXPECT_EQ(format_timeout(Duration::max()).view(), "2562048H");
  EXPECT_EQ(parse_timeout(format_timeout(Duration::max()).view()), Duration::max());
}

TEST(FormatTimeout, ComesBackNoShorterAndHardlyLonger) {
  std::mt19937_64 random{7};
  for (int round = 0; round < 10'000; ++round) {
    const Duration timeout{static_cast<Duration::rep>(random() >> (1 + random() % 62)) + 1};
    const auto back = parse_timeout(format_timeout(timeout).view());
    ASSERT_TRUE(back.has_value());
    EXPECT_GE(*back, timeout);
    if (*back != Duration::max()) {
      EXPECT_LE((*back - timeout).count(), timeout.count() / 99'999 + 1);
    }
  }
}

}  // namespace
}  // namespace parlance::grpc
