// Many calls at once, from many threads, ended at random moments: what ThreadSanitizer and AddressSanitizer
// are for.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <latch>
#include <random>
#include <thread>

#include "rpc/echo_test_support.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::EchoClient;
using testing::EchoServer;
using testing::number;
using testing::Text;
using testing::text;

template <typename Body>
void on_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(Load, TenThousandCallsFromSeveralThreadsOnOneChannel) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 50;
  constexpr int kAtOnce = 50;
  EchoServer server;
  const EchoClient client = server.client();
  std::atomic<int> right = 0;
  on_threads(kThreads, [&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      std::vector<UnaryCall<Text>> calls;
      for (int i = 0; i < kAtOnce; ++i) {
        const Text request = text(std::to_string(thread * 1'000'000 + round * 1000 + i));
        calls.push_back(i % 4 == 0 ? client.Offloaded(request) : client.Unary(request));
      }
      for (int i = 0; i < kAtOnce; ++i) {
        const Result<Text> reply = calls[static_cast<std::size_t>(i)].wait();
        ASSERT_TRUE(reply) << reply.error().to_string();
        std::string expected = std::to_string(thread * 1'000'000 + round * 1000 + i);
        if (i % 4 == 0) std::ranges::reverse(expected);
        right += reply->value() == expected;
      }
    }
  });
  EXPECT_EQ(right, kThreads * kRounds * kAtOnce);
}

TEST(Load, AThousandCallsAtOnceOnOneConnection) {
  EchoServer server{{.threads = 1}};
  const EchoClient client = server.client();
  std::vector<UnaryCall<Text>> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(client.Sleep(number(20)));
  for (auto& call : calls) {
    const Result<Text> reply = call.wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), "slept");
  }
}

// One call, ended in one of many ways at some moment of its life.
void disturb(const EchoClient& client, std::mt19937& random) {
  const auto pick = [&](int below) { return std::uniform_int_distribution{0, below - 1}(random); };
  const CallOptions options{.timeout = std::chrono::microseconds{1 + pick(5000)}};
  switch (pick(8)) {
    case 0: {  // dropped at once
      const auto call = client.UntilCancelled(text("x"));
      break;
    }
    case 1: {
      auto call = client.UntilCancelled(text("x"));
      std::this_thread::sleep_for(std::chrono::microseconds{pick(1000)});
      call.cancel();
      EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
      break;
    }
    case 2:
      EXPECT_FALSE(client.UntilCancelled(text("x"), options).wait());
      break;
    case 3: {
      auto call = client.Chat(options);
      for (int i = pick(5); i > 0 && call.write(text("hello")).wait(); --i) {
        if (!call.read().wait()) break;
      }
      break;
    }
    case 4: {
      auto call = client.Flood(text("x"));
      for (int i = pick(5); i > 0; --i) EXPECT_TRUE(call.read().wait());
      break;
    }
    case 5: {
      auto call = client.Collect();
      for (int i = pick(5); i > 0; --i) EXPECT_TRUE(call.write(text(std::string(50'000, 'x'))).wait());
      if (pick(2) == 0) call.cancel();
      (void)call.finish().wait();
      break;
    }
    case 6:
      (void)client.Offloaded(text("abc"), options).wait();
      break;
    default:
      EXPECT_TRUE(client.Unary(text("x")).wait());
  }
}

// The seed stands in the output, so that a failure can be run again.
TEST(Load, CallsEndedAtRandomMomentsLeaveNothingBehind) {
  const auto seed = static_cast<unsigned>(::testing::UnitTest::GetInstance()->random_seed());
  RecordProperty("seed", static_cast<int>(seed));
  SCOPED_TRACE("--gtest_random_seed=" + std::to_string(seed));
  ServerOptions options;
  options.http2.resets = {1'000'000, 1'000'000};  // resets are what this test is about
  EchoServer server{std::move(options)};
  const EchoClient client = server.client();
  on_threads(4, [&](int thread) {
    std::mt19937 random{seed + static_cast<unsigned>(thread)};
    for (int i = 0; i < 300; ++i) disturb(client, random);
  });
  for (const auto end = Clock::now() + 30s; server.echo().running != 0 && Clock::now() < end;) {
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(server.echo().running, 0);
  EXPECT_TRUE(client.Unary(text("still here")).wait());
}

// Channels that come and go while their calls are open.
TEST(Load, ChannelsDroppedUnderTheirCalls) {
  EchoServer server;
  on_threads(4, [&](int thread) {
    std::mt19937 random{static_cast<unsigned>(thread)};
    for (int i = 0; i < 50; ++i) {
      std::optional<EchoClient> client = server.client();
      std::vector<UnaryCall<Text>> calls;
      for (int c = 0; c < 5; ++c)
        calls.push_back(client->Sleep(number(std::uniform_int_distribution{0, 2}(random))));
      if (i % 2 == 0) (void)calls.front().wait();
      client.reset();
      for (auto& call : calls) {
        if (i % 2 == 0 && &call == &calls.front()) continue;
        const Result<Text> reply = call.wait();
        EXPECT_TRUE(reply) << reply.error().to_string();
      }
    }
  });
}

TEST(Load, ShutdownInTheMiddleOfItAnswersEveryCall) {
  for (int round = 0; round < 10; ++round) {
    EchoServer server;
    const EchoClient client = server.client();
    std::atomic<bool> stop = false;
    std::latch running{4};
    std::thread shutdown([&] {
      running.wait();
      server.server().shutdown(round % 2 == 0 ? 0ms : 10'000ms);
      server.server().wait();
      stop = true;
    });
    on_threads(4, [&](int) {
      running.count_down();
      while (!stop) {
        std::vector<UnaryCall<Text>> calls;
        for (int i = 0; i < 20; ++i) calls.push_back(client.Sleep(number(i % 3)));
        for (auto& call : calls) {
          const Result<Text> reply = call.wait();
          EXPECT_TRUE(reply || reply.error().code() == StatusCode::kUnavailable) << reply.error().to_string();
        }
      }
    });
    shutdown.join();
    EXPECT_EQ(server.echo().running, 0);
  }
}

}  // namespace
}  // namespace parlance
