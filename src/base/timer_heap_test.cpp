#include "base/timer_heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <random>

namespace parlance {
namespace {

using std::chrono::milliseconds;

TimePoint at_ms(int ms) { return TimePoint{} + milliseconds{ms}; }

struct Recorder final : TimerNode {
  Recorder(std::vector<int>& log, int name) : log_(log), name_(name) {}
  void on_timer() override { log_.push_back(name_); }
  std::vector<int>& log_;
  int name_;
};

TEST(TimerHeap, FiresWhatIsDueInOrderOfTime) {
  TimerHeap heap;
  std::vector<int> fired;
  Recorder late{fired, 3}, early{fired, 1}, middle{fired, 2}, later{fired, 4};
  heap.arm(late, at_ms(30));
  heap.arm(early, at_ms(10));
  heap.arm(middle, at_ms(20));
  heap.arm(later, at_ms(40));
  EXPECT_EQ(heap.next(), at_ms(10));
  heap.fire(at_ms(30));
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
  EXPECT_FALSE(late.armed());
  EXPECT_TRUE(later.armed());
  heap.disarm(later);
  EXPECT_TRUE(heap.empty());
}

TEST(TimerHeap, ArmingAgainMovesATimer) {
  TimerHeap heap;
  std::vector<int> fired;
  Recorder one{fired, 1}, two{fired, 2};
  heap.arm(one, at_ms(10));
  heap.arm(two, at_ms(20));
  heap.arm(one, at_ms(30));
  heap.fire(at_ms(20));
  EXPECT_EQ(fired, (std::vector<int>{2}));
  heap.arm(one, at_ms(5));
  heap.fire(at_ms(20));
  EXPECT_EQ(fired, (std::vector<int>{2, 1}));
}

TEST(TimerHeap, ATimerMayDisarmAnotherThatIsDueToo) {
  TimerHeap heap;
  std::vector<int> fired;
  Recorder victim{fired, 2};
  struct Killer final : TimerNode {
    Killer(TimerHeap& owner, TimerNode& other) : heap(owner), target(other) {}
    void on_timer() override { heap.disarm(target); }
    TimerHeap& heap;
    TimerNode& target;
  } killer{heap, victim};
  heap.arm(killer, at_ms(1));
  heap.arm(victim, at_ms(2));
  heap.fire(at_ms(5));
  EXPECT_TRUE(fired.empty());
}

TEST(TimerHeap, AgreesWithSortingUnderRandomArmingAndDisarming) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  std::mt19937 random{seed};
  TimerHeap heap;
  std::vector<int> fired;
  std::vector<std::unique_ptr<Recorder>> timers;
  std::vector<int> when(200, -1);
  for (int i = 0; i < 200; ++i) timers.push_back(std::make_unique<Recorder>(fired, i));
  for (int step = 0; step < 2000; ++step) {
    const int i = static_cast<int>(random() % 200);
    if (random() % 3 == 0) {
      heap.disarm(*timers[i]);
      when[i] = -1;
    } else {
      when[i] = static_cast<int>(random() % 1000);
      heap.arm(*timers[i], at_ms(when[i]));
    }
  }
  heap.fire(at_ms(500));
  std::vector<int> times;
  for (const int name : fired) times.push_back(when[name]);
  EXPECT_TRUE(std::ranges::is_sorted(times));
  EXPECT_EQ(fired.size(), static_cast<std::size_t>(
                              std::ranges::count_if(when, [](int ms) { return ms >= 0 && ms <= 500; })));
}

}  // namespace
}  // namespace parlance
