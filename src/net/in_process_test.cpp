#include "net/in_process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/memory_stream.h"

namespace parlance::net {
namespace {

using std::chrono::seconds;

std::string bytes_of(char letter, std::size_t size) { return std::string(size, letter); }

IoResult write(ByteStream& stream, const std::string& text) {
  const iovec part{const_cast<char*>(text.data()), text.size()};
  return stream.write({&part, 1});
}

std::string read(ByteStream& stream, std::size_t limit_bytes = 1 << 20) {
  std::string text(limit_bytes, '\0');
  const IoResult result = stream.read({reinterpret_cast<std::byte*>(text.data()), text.size()});
  text.resize(result.size_bytes);
  return text;
}

struct Told final : ByteStream::Observer {
  void on_readable() override { ++readable; }
  void on_writable() override { ++writable; }
  int readable = 0;
  int writable = 0;
};

void run_all(Loop& loop) {
  while (loop.step()) {
  }
}

class MemoryStreams : public ::testing::Test {
 protected:
  MemoryStreams() {
    std::tie(one, other) = MemoryStream::make_pair({loop.handle(), *Endpoint::parse("unix:one")},
                                                   {loop.handle(), *Endpoint::parse("unix:other")});
  }
  Loop loop;
  std::unique_ptr<MemoryStream> one, other;
};

TEST_F(MemoryStreams, CarryBytesInOrderAndNameTheirEnds) {
  EXPECT_EQ(one->local().to_string(), "unix:one");
  EXPECT_EQ(one->peer().to_string(), "unix:other");
  EXPECT_EQ(other->peer().to_string(), "unix:one");
  EXPECT_EQ(write(*one, "abc").size_bytes, 3U);
  EXPECT_EQ(write(*one, "def").size_bytes, 3U);
  EXPECT_EQ(read(*other, 4), "abcd");
  EXPECT_EQ(read(*other), "ef");
  std::array<std::byte, 1> byte;
  EXPECT_TRUE(other->read(byte).would_block);
}

TEST_F(MemoryStreams, TellAReaderOnceThatBytesAreThere) {
  Told told;
  other->watch_readable(told);
  other->watch_readable(told);
  run_all(loop);
  EXPECT_EQ(told.readable, 0);
  write(*one, "a");
  write(*one, "b");
  EXPECT_EQ(told.readable, 0) << "only in a later event";
  run_all(loop);
  EXPECT_EQ(told.readable, 1);
  other->watch_readable(told);
  run_all(loop);
  EXPECT_EQ(told.readable, 2) << "bytes are still there";
}

TEST_F(MemoryStreams, HoldBackAWriterThatIsTooFast) {
  const std::string much = bytes_of('m', MemoryStream::kCapacityBytes + 10);
  EXPECT_EQ(write(*one, much).size_bytes, MemoryStream::kCapacityBytes);
  EXPECT_TRUE(write(*one, much).would_block);
  Told told;
  one->watch_writable(told);
  run_all(loop);
  EXPECT_EQ(told.writable, 0);
  EXPECT_EQ(read(*other, 10), bytes_of('m', 10));
  run_all(loop);
  EXPECT_EQ(told.writable, 1);
  EXPECT_EQ(write(*one, much).size_bytes, 10U);
  EXPECT_EQ(read(*other).size(), MemoryStream::kCapacityBytes);
}

TEST_F(MemoryStreams, EndAfterWhatWasWritten) {
  write(*one, "last");
  one->shut_down_writing();
  EXPECT_EQ(read(*other), "last");
  std::array<std::byte, 1> byte;
  EXPECT_TRUE(other->read(byte).closed);
  EXPECT_EQ(write(*other, "back").size_bytes, 4U) << "the other direction goes on";
  EXPECT_EQ(read(*one), "back");
}

TEST_F(MemoryStreams, ClosingTellsTheOtherEndAndNobodyHere) {
  Told here, there;
  one->watch_readable(here);
  other->watch_readable(there);
  write(*one, "x");
  one->close();
  run_all(loop);
  EXPECT_EQ(here.readable, 0);
  EXPECT_EQ(there.readable, 1);
  EXPECT_EQ(read(*other), "x");
  EXPECT_EQ(write(*other, "y").error, std::errc::broken_pipe);
}

TEST(InProcessNetwork, SpreadsConnectionsOverItsListenersInTurn) {
  InProcessNetwork network;
  Loop loop;
  std::vector<std::string> events;
  std::vector<std::unique_ptr<ByteStream>> streams;
  std::vector<std::unique_ptr<Listener>> listeners;
  for (const char* name : {"first", "second"}) {
    listeners.push_back(*network.listen(loop, InProcessNetwork::endpoint()));
    listeners.back()->start([&, name](std::unique_ptr<ByteStream> stream) {
      events.emplace_back(name);
      streams.push_back(std::move(stream));
    });
  }
  std::vector<std::unique_ptr<ConnectAttempt>> attempts;
  for (int i = 0; i < 3; ++i) {
    attempts.push_back(
        network.connect(loop, InProcessNetwork::endpoint(), seconds{1}, [&](ConnectAttempt::Result result) {
          ASSERT_TRUE(result) << result.error();
          events.emplace_back("connected");
          streams.push_back(*std::move(result));
        }));
  }
  run_all(loop);
  std::ranges::sort(events);
  EXPECT_EQ(events,
            (std::vector<std::string>{"connected", "connected", "connected", "first", "first", "second"}));
}

TEST(InProcessNetwork, RefusesWhenNobodyListens) {
  InProcessNetwork network;
  Loop loop;
  auto listener = *network.listen(loop, InProcessNetwork::endpoint());
  listener->close();
  std::string why;
  const auto attempt = network.connect(loop, InProcessNetwork::endpoint(), seconds{1},
                                       [&](ConnectAttempt::Result result) { why = result.error(); });
  run_all(loop);
  EXPECT_EQ(why, "in-process: nobody listens");
}

TEST(InProcessNetwork, AnAttemptGivenUpIsNotHeardOf) {
  InProcessNetwork network;
  Loop loop;
  bool heard = false;
  network.connect(loop, InProcessNetwork::endpoint(), seconds{1},
                  [&](const ConnectAttempt::Result&) { heard = true; });
  run_all(loop);
  EXPECT_FALSE(heard);
}

}  // namespace
}  // namespace parlance::net
