#include "rpc/keepalive.h"

#include <gtest/gtest.h>

#include <vector>

namespace parlance::detail {
namespace {

using std::chrono::seconds;
using Step = Keepalive::Step;

TimePoint at(int s) { return TimePoint{} + seconds{s}; }

constexpr KeepaliveOptions kTenAndFive{.time = seconds{10}, .timeout = seconds{5}};

TEST(Keepalive, PingsAfterTheTimeWithoutReceivingAndNotBefore) {
  Keepalive keepalive{kTenAndFive};
  const auto early = keepalive.decide(at(9), at(0), true);
  EXPECT_EQ(early.step, Step::kWait);
  EXPECT_EQ(early.again_at, at(10));
  const auto due = keepalive.decide(at(10), at(0), true);
  EXPECT_EQ(due.step, Step::kPing);
  EXPECT_EQ(due.again_at, at(15));
}

TEST(Keepalive, WhatIsReceivedPutsThePingOff) {
  Keepalive keepalive{kTenAndFive};
  const auto later = keepalive.decide(at(10), at(7), true);
  EXPECT_EQ(later.step, Step::kWait);
  EXPECT_EQ(later.again_at, at(17));
}

TEST(Keepalive, GivesUpWhenNothingAnswersThePingInTime) {
  Keepalive keepalive{kTenAndFive};
  ASSERT_EQ(keepalive.decide(at(10), at(0), true).step, Step::kPing);
  EXPECT_EQ(keepalive.decide(at(14), at(0), true).step, Step::kWait);
  EXPECT_EQ(keepalive.decide(at(15), at(0), true).step, Step::kGiveUp);
}

TEST(Keepalive, AnyAnswerWillDoAndTheNextPingFollowsFromIt) {
  Keepalive keepalive{kTenAndFive};
  ASSERT_EQ(keepalive.decide(at(10), at(0), true).step, Step::kPing);
  const auto answered = keepalive.decide(at(15), at(12), true);
  EXPECT_EQ(answered.step, Step::kWait);
  EXPECT_EQ(answered.again_at, at(22));
  EXPECT_EQ(keepalive.decide(at(22), at(12), true).step, Step::kPing);
}

TEST(Keepalive, RestsWhileNoCallIsOpenUnlessTold) {
  Keepalive resting{kTenAndFive};
  EXPECT_EQ(resting.decide(at(100), at(0), false).step, Step::kWait);
  KeepaliveOptions always = kTenAndFive;
  always.without_calls = true;
  EXPECT_EQ(Keepalive{always}.decide(at(100), at(0), false).step, Step::kPing);
}

TEST(Keepalive, LooksForTheAnswerInTimeForTheNextPing) {
  Keepalive patient{{.time = seconds{10}, .timeout = seconds{60}}};
  const auto first = patient.decide(at(10), at(0), true);
  EXPECT_EQ(first.step, Step::kPing);
  EXPECT_EQ(first.again_at, at(20));
  EXPECT_EQ(patient.decide(at(20), at(0), true).again_at, at(30));
  EXPECT_EQ(patient.decide(at(30), at(11), true).step, Step::kPing);
}

TEST(Keepalive, IsOffWithoutATime) {
  const auto decision = Keepalive{KeepaliveOptions{}}.decide(at(1'000'000), at(0), true);
  EXPECT_EQ(decision.step, Step::kWait);
  EXPECT_EQ(decision.again_at, TimePoint::max());
}

std::vector<bool> pings_at(PingStrikes& strikes, const std::vector<int>& times,
                           std::uint64_t frames_sent = 0) {
  std::vector<bool> accepted;
  for (const int time : times) accepted.push_back(strikes.on_ping(at(time), frames_sent));
  return accepted;
}

TEST(PingStrikes, PingsEveryTenSecondsAreWelcomeForEver) {
  PingStrikes strikes{PingPolicy{}};
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(strikes.on_ping(at(10 * i), 0));
}

TEST(PingStrikes, TheThirdPingTooSoonIsOneTooMany) {
  PingStrikes strikes{PingPolicy{}};
  EXPECT_EQ(pings_at(strikes, {0, 1, 2, 3}), (std::vector<bool>{true, true, true, false}));
}

TEST(PingStrikes, WhatTheServerSendsExcusesPings) {
  PingStrikes strikes{PingPolicy{}};
  EXPECT_EQ(pings_at(strikes, {0, 1, 2}), (std::vector<bool>{true, true, true}));
  EXPECT_EQ(pings_at(strikes, {3, 4, 5, 6}, 7), (std::vector<bool>{true, true, true, false}));
}

}  // namespace
}  // namespace parlance::detail
