#include "net/signals.h"

#include <gtest/gtest.h>

#include <csignal>

namespace parlance::net {
namespace {

TEST(SignalWait, SaysWhichSignalCame) {
  SignalWait signals{SIGUSR1, SIGUSR2};
  std::raise(SIGUSR2);
  EXPECT_EQ(signals.wait(), SIGUSR2);
}

TEST(SignalWait, UntilAMomentHasNothingWhenNoneCame) {
  SignalWait signals{SIGUSR1};
  EXPECT_EQ(signals.wait_until(Clock::now()), std::nullopt);
  std::raise(SIGUSR1);
  EXPECT_EQ(signals.wait_until(Clock::now() + std::chrono::hours{1}), SIGUSR1);
}

TEST(SignalWait, GivesTheSignalsBack) {
  const auto before = std::signal(SIGUSR1, SIG_IGN);
  {
    const SignalWait signals{SIGUSR1};
  }
  EXPECT_EQ(std::signal(SIGUSR1, before), SIG_IGN);
}

}  // namespace
}  // namespace parlance::net
