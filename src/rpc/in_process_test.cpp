// Calls that never leave the process, on the server's own threads and on a loop stepped by hand.
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "base/virtual_clock.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

Channel open_in_process(const Server& server) {
  return Channel::open("unix:in-process", {.connector = server.in_process_connector()});
}

TEST(InProcess, CallsAServerThatListensNowhere) {
  Server server{{.listen = {}, .threads = 2}};
  server.add(std::make_shared<Echo>());
  ASSERT_TRUE(server.start());
  EXPECT_TRUE(server.addresses().empty());
  const EchoClient client{open_in_process(server)};
  EXPECT_EQ(client.Unary(text("near")).wait()->value(), "near");
  EXPECT_EQ(client.Bytes(number(1 << 20)).wait()->value().size(), 1U << 20);
}

TEST(InProcess, IsRefusedWhenTheServerIsGone) {
  auto server = std::make_unique<Server>(ServerOptions{.listen = {}, .threads = 1});
  server->add(std::make_shared<Echo>());
  ASSERT_TRUE(server->start());
  const EchoClient client{open_in_process(*server)};
  ASSERT_TRUE(client.Unary(text("x")).wait());
  server.reset();
  const Result<Text> reply = client.Unary(text("x")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
}

Task<void> sleep_there(const EchoClient& client, CallOptions options, std::optional<Result<Text>>& reply) {
  reply = co_await client.Sleep(number(3'600'000), options);
}

class OnVirtualTime : public ::testing::Test {
 protected:
  /// Zero: the server ends no call.
  explicit OnVirtualTime(Duration max_timeout = Duration::zero())
      : server{{.listen = {}, .loops = {&loop}, .max_timeout = max_timeout}} {
    server.add(std::make_shared<Echo>());
    require(server.start().has_value(), "OnVirtualTime: cannot start");
  }
  ~OnVirtualTime() override {
    server.shutdown(std::chrono::milliseconds{0});
    run_until([&] { return server.ended(); });
  }

  // Time jumps to whatever is next.
  void run_until(auto reached) {
    for (int jumps = 0; !reached() && jumps < 1'000; ++jumps) {
      while (loop.step()) {
      }
      if (!reached()) clock.advance_to(loop.next_timer());
    }
  }

  VirtualClock clock{TimePoint{hours{1}}};
  net::Loop loop;
  Server server;
};

TEST_F(OnVirtualTime, AnHourPassesAtOnce) {
  const EchoClient client{open_in_process(server)};
  std::optional<Result<Text>> reply;
  spawn(loop, sleep_there(client, {}, reply));
  run_until([&] { return reply.has_value(); });
  ASSERT_TRUE(reply && *reply);
  EXPECT_EQ((*reply)->value(), "slept");
  EXPECT_GE(clock.now(), TimePoint{hours{2}});
}

TEST_F(OnVirtualTime, ADeadlineIsMetToTheNanosecond) {
  const EchoClient client{open_in_process(server)};
  std::optional<Result<Text>> reply;
  spawn(loop, sleep_there(client, {.timeout = seconds{5}}, reply));
  run_until([&] { return reply.has_value(); });
  ASSERT_TRUE(reply && !*reply);
  EXPECT_EQ(reply->error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(clock.now(), TimePoint{hours{1} + seconds{5}});
}

/// The server alone ends its calls: after a minute.
class OnVirtualTimeWithAMinute : public OnVirtualTime {
 protected:
  OnVirtualTimeWithAMinute() : OnVirtualTime(seconds{60}) {}

  // What comes of a call whose caller reads one message, and the others `late_ms` after the end.
  Status flood_read_late(std::int32_t late_ms) {
    const EchoClient client{open_in_process(server)};
    std::optional<Status> status;
    spawn(loop, flood_read_late(client, late_ms, status));
    run_until([&] { return status.has_value(); });
    return status.value_or(Status{StatusCode::kUnknown, "it never ended"});
  }

 private:
  static Task<void> flood_read_late(const EchoClient& client, std::int32_t late_ms,
                                    std::optional<Status>& status) {
    auto call = client.Flood(Text{});
    const auto first = co_await call.read();
    const auto rested = co_await client.Sleep(number(59'000));
    const auto rested_more = co_await client.Sleep(number(1'000 + late_ms));
    require(first && rested && rested_more, "what comes before the end works");
    while (auto part = co_await call.read()) {
    }
    status = co_await call.finish();
  }
};

TEST_F(OnVirtualTimeWithAMinute, WhoReadsAgainSoonIsToldWhatEndedTheCall) {
  EXPECT_EQ(flood_read_late(50).code(), StatusCode::kDeadlineExceeded);
}

TEST_F(OnVirtualTimeWithAMinute, WhoDoesNotReadIsReset) {
  EXPECT_EQ(flood_read_late(500).code(), StatusCode::kCancelled);
}

TEST(HighWaterMark, BelowTheLowOneHoldsNobodyForEver) {
  const EchoServer server{{.send_high_water_bytes = 100}};
  const EchoClient client = server.client({.http2 = {.initial_stream_window_bytes = 1000}});
  const std::string letters(5'000, 'x');
  auto call = client.Split(text(letters), {.timeout = seconds{30}});
  std::string received;
  while (auto part = call.read().wait()) received += part->value();
  EXPECT_EQ(received, letters);
  EXPECT_TRUE(call.finish().wait().ok());
}

}  // namespace
}  // namespace parlance::testing
