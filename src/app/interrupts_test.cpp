#include "app/interrupts.h"

#include <gtest/gtest.h>

#include <future>

namespace parlance::app {
namespace {

using std::chrono::seconds;

TEST(Interrupts, AreTakenOnce) {
  Interrupts interrupts;
  EXPECT_FALSE(interrupts.take());
  raise(SIGINT);
  EXPECT_TRUE(interrupts.take());
  EXPECT_FALSE(interrupts.take());
}

TEST(OnInterrupt, RunsItsActionAndTakesTheInterrupt) {
  Interrupts interrupts;
  std::promise<void> ran;
  std::future<void> done = ran.get_future();
  {
    const OnInterrupt watch{interrupts, [&ran] { ran.set_value(); }};
    raise(SIGINT);
    EXPECT_EQ(done.wait_for(seconds{30}), std::future_status::ready);
  }
  EXPECT_FALSE(interrupts.take());
}

TEST(OnInterrupt, EndsWithoutOne) {
  Interrupts interrupts;
  bool ran = false;
  {
    const OnInterrupt watch{interrupts, [&ran] { ran = true; }};
  }
  EXPECT_FALSE(ran);
}

}  // namespace
}  // namespace parlance::app
