#include "net/reactor.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace parlance::net {
namespace {

// Two connected sockets.
struct Pair {
  Pair() { EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds.data()), 0); }
  ~Pair() {
    for (const int fd : fds) ::close(fd);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  int here() const { return fds[0]; }
  void send_from_there() const { EXPECT_EQ(::write(fds[1], "x", 1), 1); }
  void take_here() const {
    char byte;
    EXPECT_EQ(::read(here(), &byte, 1), 1);
  }
  std::array<int, 2> fds{};
};

struct Log final : WatchedDescriptor::Watcher {
  void on_readable() override {
    lines.emplace_back("readable");
    if (on_read) on_read();
  }
  void on_writable() override {
    lines.emplace_back("writable");
    if (on_write) on_write();
  }
  std::vector<std::string> lines;
  std::function<void()> on_read, on_write;
};
using Lines = std::vector<std::string>;

bool turn(Reactor& reactor) {
  reactor.wait(TimePoint::min());
  return reactor.tell_ready();
}

TEST(Reactor, TellsOnceForEachTimeItIsAsked) {
  Reactor reactor;
  const Pair pair;
  Log log;
  WatchedDescriptor watched{reactor, pair.here(), log};
  watched.watch_readable();
  EXPECT_FALSE(turn(reactor));
  pair.send_from_there();
  EXPECT_TRUE(turn(reactor));
  EXPECT_FALSE(turn(reactor)) << "nobody asked again";
  watched.watch_readable();
  EXPECT_TRUE(turn(reactor)) << "the byte is still there";
  pair.take_here();
  watched.watch_readable();
  EXPECT_FALSE(turn(reactor));
  pair.send_from_there();
  EXPECT_TRUE(turn(reactor));
  EXPECT_EQ(log.lines, (Lines{"readable", "readable", "readable"}));
}

TEST(Reactor, TellsOfReadingBeforeWriting) {
  Reactor reactor;
  const Pair pair;
  Log log;
  WatchedDescriptor watched{reactor, pair.here(), log};
  pair.send_from_there();
  watched.watch_writable();
  watched.watch_readable();
  EXPECT_TRUE(turn(reactor));
  EXPECT_EQ(log.lines, (Lines{"readable", "writable"}));
  EXPECT_FALSE(turn(reactor));
}

TEST(Reactor, ADescriptorThatIsGoneIsNotTold) {
  Reactor reactor;
  const Pair one;
  const Pair two;
  Log log;
  auto first = std::make_unique<WatchedDescriptor>(reactor, one.here(), log);
  auto second = std::make_unique<WatchedDescriptor>(reactor, two.here(), log);
  // Whichever is told first ends both, in the middle of its own event.
  log.on_read = [&] {
    first.reset();
    second.reset();
  };
  for (auto* watched : {first.get(), second.get()}) {
    watched->watch_readable();
    watched->watch_writable();
  }
  one.send_from_there();
  two.send_from_there();
  EXPECT_TRUE(turn(reactor));
  EXPECT_EQ(log.lines, (Lines{"readable"}));
  EXPECT_FALSE(turn(reactor));
}

TEST(Reactor, AHangUpIsToldAsReadinessAndNotOverAndOver) {
  Reactor reactor;
  Pair pair;
  Log log;
  WatchedDescriptor watched{reactor, pair.here(), log};
  watched.watch_readable();
  ::shutdown(pair.fds[1], SHUT_RDWR);
  EXPECT_TRUE(turn(reactor));
  EXPECT_EQ(log.lines, (Lines{"readable"}));
  EXPECT_FALSE(turn(reactor));
  EXPECT_EQ(reactor.wait(TimePoint::min()), 0U) << "nobody waits for it: it is out of the epoll";
  watched.watch_readable();
  EXPECT_TRUE(turn(reactor));
}

TEST(Reactor, AForgottenDescriptorMayBeClosedAndItsNumberUsedAgain) {
  Reactor reactor;
  Log old_log, new_log;
  auto pair = std::make_unique<Pair>();
  const int number = pair->here();
  WatchedDescriptor old{reactor, number, old_log};
  old.watch_readable();
  old.forget_closed();
  pair.reset();
  const Pair next;
  ASSERT_EQ(next.here(), number);
  WatchedDescriptor fresh{reactor, number, new_log};
  fresh.watch_readable();
  next.send_from_there();
  EXPECT_TRUE(turn(reactor));
  EXPECT_EQ(old_log.lines, Lines{});
  EXPECT_EQ(new_log.lines, (Lines{"readable"}));
}

TEST(Reactor, IsWokenFromAnotherThreadAndBeforehand) {
  Reactor reactor;
  reactor.waker()->wake();
  EXPECT_EQ(reactor.wait(TimePoint::max()), 1U);
  EXPECT_FALSE(reactor.tell_ready());
  const std::jthread waker{[&reactor] { reactor.waker()->wake(); }};
  EXPECT_EQ(reactor.wait(TimePoint::max()), 1U);
  EXPECT_FALSE(reactor.tell_ready());
  EXPECT_EQ(reactor.wait(TimePoint::min()), 0U);
}

TEST(Reactor, WaitsUntilATimeAndNotShorter) {
  Reactor reactor;
  const TimePoint until = Clock::now() + std::chrono::microseconds{1500};
  EXPECT_EQ(reactor.wait(until), 0U);
  EXPECT_GE(Clock::now(), until);
}

}  // namespace
}  // namespace parlance::net
