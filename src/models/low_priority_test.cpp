#include "models/low_priority.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <future>
#include <thread>

namespace parlance::models {
namespace {

int nice_of_this_thread() { return getpriority(PRIO_PROCESS, static_cast<id_t>(gettid())); }

TEST(LowPriority, IsThatOfTheWorkAlone) {
  const int before = nice_of_this_thread();
  int inside = 0;
  run_at_low_priority([&] { inside = nice_of_this_thread(); });
  EXPECT_EQ(inside, 10);
  EXPECT_EQ(nice_of_this_thread(), before);
}

TEST(LowPriority, ThreadsThatTheWorkBeginsDoNotKeepIt) {
  std::promise<void> go;
  std::future<int> stays;
  run_at_low_priority_with_threads([&] {
    stays = std::async(std::launch::async, [gone = go.get_future()] {
      gone.wait();
      return nice_of_this_thread();
    });
  });
  go.set_value();
  EXPECT_EQ(stays.get(), 0);
}

}  // namespace
}  // namespace parlance::models
