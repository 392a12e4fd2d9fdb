#include "base/deadline.h"

#include <gtest/gtest.h>

#include <thread>

#include "base/virtual_clock.h"

namespace parlance {
namespace {

TEST(VirtualClock, IsWhatTheClockSaysOnItsThreadUntilItGoes) {
  const TimePoint long_ago{std::chrono::seconds{5}};
  {
    VirtualClock clock{long_ago};
    EXPECT_EQ(Clock::now(), long_ago);
    clock.advance_to(long_ago + std::chrono::hours{1});
    EXPECT_EQ(Clock::now(), long_ago + std::chrono::hours{1});
    clock.advance_to(long_ago);
    EXPECT_EQ(Clock::now(), long_ago + std::chrono::hours{1}) << "it is steady";
    std::thread{[&] { EXPECT_NE(Clock::now(), clock.now()); }}.join();
  }
  EXPECT_GT(Clock::now(), long_ago + std::chrono::hours{1});
}

using namespace std::chrono_literals;

constexpr TimePoint kNow{1h};

TEST(Deadline, WithoutOneNothingExpires) {
  const Deadline none;
  EXPECT_TRUE(none.is_never());
  EXPECT_EQ(none, Deadline::never());
  EXPECT_FALSE(none.expired(kNow));
  EXPECT_EQ(none.remaining(kNow), Duration::max());
}

TEST(Deadline, ExpiresAtItsMoment) {
  const Deadline deadline = Deadline::after(kNow, 50ms);
  EXPECT_FALSE(deadline.is_never());
  EXPECT_FALSE(deadline.expired(kNow + 50ms - 1ns));
  EXPECT_TRUE(deadline.expired(kNow + 50ms));
  EXPECT_TRUE(deadline.expired(kNow + 51ms));
}

TEST(Deadline, RemainingIsNeverNegative) {
  const Deadline deadline = Deadline::after(kNow, 50ms);
  EXPECT_EQ(deadline.remaining(kNow), 50ms);
  EXPECT_EQ(deadline.remaining(kNow + 20ms), 30ms);
  EXPECT_EQ(deadline.remaining(kNow + 1h), 0ns);
}

TEST(Deadline, ATimeoutPastTheClockIsNever) {
  EXPECT_TRUE(Deadline::after(kNow, Duration::max()).is_never());
  EXPECT_TRUE(Deadline::after(TimePoint::max() - 1ns, 2ns).is_never());
  EXPECT_EQ(Deadline::after(TimePoint::max() - 2ns, 1ns).at(), TimePoint::max() - 1ns);
}

TEST(Deadline, ATimeoutOfZeroHasExpired) { EXPECT_TRUE(Deadline::after(kNow, 0ns).expired(kNow)); }

TEST(Deadline, ANegativeTimeoutHasExpired) {
  EXPECT_TRUE(Deadline::after(kNow, -5ms).expired(kNow));
  EXPECT_EQ(Deadline::after(kNow, -5ms).remaining(kNow), 0ns);
}

TEST(Deadline, TheEarliestWins) {
  const Deadline soon = Deadline::after(kNow, 1ms);
  const Deadline late = Deadline::after(kNow, 1s);
  EXPECT_EQ(earliest(soon, late), soon);
  EXPECT_EQ(earliest(late, soon), soon);
  EXPECT_EQ(earliest(Deadline::never(), late), late);
  EXPECT_LT(late, Deadline::never());
}

}  // namespace
}  // namespace parlance
