#include "net/loop.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

#include "base/virtual_clock.h"

namespace parlance::net {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(Loop, RunsPostedJobsInOrderOnItsThread) {
  Loop loop;
  std::vector<int> order;
  for (int i = 0; i < 3; ++i) {
    loop.post([&order, &loop, i] {
      EXPECT_TRUE(loop.is_current());
      order.push_back(i);
    });
  }
  loop.stop();
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{0, 1, 2}));
  EXPECT_EQ(Loop::current(), nullptr);
}

TEST(Loop, TakesJobsFromManyThreads) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 1000;
  LoopThread thread;
  std::latch done{kThreads * kJobs};
  int count = 0;  // the loop's own
  {
    std::vector<std::jthread> posters;
    for (int t = 0; t < kThreads; ++t) {
      posters.emplace_back([&] {
        for (int i = 0; i < kJobs; ++i) {
          thread.loop().post([&] {
            ++count;
            done.count_down();
          });
        }
      });
    }
  }
  done.wait();
  EXPECT_EQ(count, kThreads * kJobs);
}

TEST(Loop, AJobMayPostAnotherForALaterTurn) {
  Loop loop;
  std::vector<int> order;
  loop.post([&] {
    loop.post([&] {
      order.push_back(3);
      loop.stop();
    });
    order.push_back(1);
  });
  loop.post([&] { order.push_back(2); });
  loop.run();
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
}

TEST(Loop, FiresTimersInOrderAndNotDisarmedOnes) {
  struct Ring final : TimerNode {
    Ring(std::vector<int>& log, int name, Loop* stopped = nullptr) : fired(log), id(name), stops(stopped) {}
    void on_timer() override {
      fired.push_back(id);
      if (stops != nullptr) stops->stop();
    }
    std::vector<int>& fired;
    int id;
    Loop* stops;
  };
  Loop loop;
  std::vector<int> fired;
  Ring first{fired, 1}, second{fired, 2}, never{fired, 9}, last{fired, 3, &loop};
  loop.post([&] {
    const TimePoint now = loop.now();
    loop.arm(last, now + milliseconds{30});
    loop.arm(never, now + milliseconds{15});
    loop.arm(second, now + milliseconds{20});
    loop.arm(first, now + milliseconds{10});
    loop.disarm(never);
  });
  loop.run();
  EXPECT_EQ(fired, (std::vector<int>{1, 2, 3}));
}

TEST(Loop, EndsEachTurnOnceForWhoeverAsked) {
  struct Flush final : TurnEnd {
    void on_turn_end() override { ++count; }
    int count = 0;
  };
  Loop loop;
  Flush asked, withdrawn;
  loop.post([&] {
    loop.at_turn_end(asked);
    loop.at_turn_end(asked);
    loop.at_turn_end(withdrawn);
    loop.cancel_turn_end(withdrawn);
    EXPECT_EQ(asked.count, 0);
    loop.stop();
  });
  loop.run();
  EXPECT_EQ(asked.count, 1);
  EXPECT_EQ(withdrawn.count, 0);
}

TEST(Loop, IsSteppedByHandOnVirtualTime) {
  struct Ring final : TimerNode {
    void on_timer() override { ++rung; }
    int rung = 0;
  };
  VirtualClock clock{TimePoint{hours{1}}};
  Loop loop;
  Ring ring;
  loop.post([&] {
    EXPECT_EQ(loop.now(), clock.now());
    loop.arm(ring, loop.now() + hours{24});
  });
  EXPECT_EQ(loop.next_timer(), TimePoint::max());
  EXPECT_TRUE(loop.step());
  EXPECT_FALSE(loop.step()) << "nothing is due";
  EXPECT_EQ(loop.next_timer(), TimePoint{hours{25}});
  clock.advance_to(loop.next_timer());
  EXPECT_TRUE(loop.step());
  EXPECT_EQ(ring.rung, 1);
  EXPECT_FALSE(loop.step());
  EXPECT_EQ(Loop::current(), nullptr);
}

TEST(LoopHandle, OutlivesItsLoopAndSaysSo) {
  auto loop = std::make_unique<Loop>();
  const LoopHandle handle = loop->handle();
  auto marker = std::make_shared<int>(0);
  EXPECT_TRUE(handle.post([marker] { ++*marker; }));
  loop.reset();
  EXPECT_EQ(marker.use_count(), 1) << "a job that was never run is dropped with its loop";
  EXPECT_FALSE(handle.post([marker] { ++*marker; }));
  EXPECT_EQ(*marker, 0);
}

TEST(Loop, OwnsItsLocalsByKey) {
  struct Counted final : LoopLocal {
    explicit Counted(int& counter) : alive(counter) { ++alive; }
    ~Counted() override { --alive; }
    int& alive;
  };
  int alive = 0;
  const std::uint64_t one = Loop::new_local_key();
  const std::uint64_t two = Loop::new_local_key();
  EXPECT_NE(one, two);
  {
    Loop loop;
    EXPECT_EQ(loop.local(one), nullptr);
    LoopLocal& stored = loop.set_local(one, std::make_unique<Counted>(alive));
    loop.set_local(two, std::make_unique<Counted>(alive));
    EXPECT_EQ(loop.local(one), &stored);
    loop.drop_local(one);
    EXPECT_EQ(loop.local(one), nullptr);
    EXPECT_EQ(alive, 1);
  }
  EXPECT_EQ(alive, 0);
}

}  // namespace
}  // namespace parlance::net
