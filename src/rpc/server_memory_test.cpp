// What ServerOptions::memory_bytes, connection_memory_bytes and stream_memory_bytes keep within bounds, over
// real sockets.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr std::size_t kMiB = 1024 * 1024;

std::string metadata_of(const Status& status, std::string_view key) {
  const auto info = grpc::error_info(status);
  return info ? std::string{info->get(key).value_or("")} : "";
}

ServerOptions with_memory(std::size_t memory_bytes) {
  ServerOptions options;
  options.memory_bytes = memory_bytes;
  return options;
}

// Several connections, so that both loops of the server have some.
std::vector<EchoClient> clients_of(const EchoServer& server, int count) {
  std::vector<EchoClient> clients;
  for (int i = 0; i < count; ++i) {
    clients.push_back(server.client({.enable_retries = false}));
    EXPECT_TRUE(clients.back().Unary(Text{}).wait()) << "it is connected before memory runs short";
  }
  return clients;
}

// Calls that were answered once and whose answers nobody reads on.
std::vector<ClientReader<Blob>> slow_readers(const std::vector<EchoClient>& clients, int count) {
  std::vector<ClientReader<Blob>> calls;
  for (int i = 0; i < count; ++i) {
    calls.push_back(clients[static_cast<std::size_t>(i) % clients.size()].Flood(Text{}));
  }
  for (auto& call : calls) EXPECT_TRUE(call.read().wait());
  return calls;
}

void wait_until_still(const EchoServer& server) {
  std::int64_t before = -1;
  EXPECT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, server.echo().flooded_bytes.load()) == server.echo().flooded_bytes;
  }));
}

TEST(ServerMemory, SlowReadersStayWithinItAndOthersAreAnswered) {
  EchoServer server{with_memory(16 * kMiB)};
  const std::vector<EchoClient> clients = clients_of(server, 8);
  std::vector<ClientReader<Blob>> calls = slow_readers(clients, 300);
  wait_until_still(server);
  const Server::MemoryUse use = server.server().memory();
  EXPECT_EQ(use.limit_bytes, 16 * kMiB);
  EXPECT_LE(use.most_bytes, use.limit_bytes);
  EXPECT_GT(use.used_bytes, use.limit_bytes / 4) << "the slow readers fill some of it";
  EXPECT_EQ(server.echo().running, 300) << "all of them wait, none was reset";
  for (const EchoClient& client : clients) {
    const Result<Text> reply = client.Unary(text("hello")).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), "hello");
  }
  // They go on as they read again.
  for (auto& call : calls) {
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(call.read().wait());
  }
}

TEST(ServerMemory, IsGivenBackWhenCallsAndConnectionsAreGone) {
  EchoServer server{with_memory(64 * kMiB)};
  {
    const std::vector<EchoClient> clients = clients_of(server, 2);
    const std::vector<ClientReader<Blob>> calls = slow_readers(clients, 20);
    wait_until_still(server);
    EXPECT_GT(server.server().memory().used_bytes, kMiB);
  }
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0; }));
  // A loop keeps a step or two.
  EXPECT_TRUE(eventually([&] { return server.server().memory().used_bytes <= 2 * 2 * 64 * 1024; }))
      << server.server().memory().used_bytes;
}

TEST(ServerMemory, AHandlerThatIgnoresTheWaitIsResetAtItsOwnLimit) {
  ServerOptions options = with_memory(64 * kMiB);
  options.stream_memory_bytes = 2 * kMiB;
  EchoServer server{std::move(options)};
  const EchoClient client = server.client({.enable_retries = false});
  auto call = client.Pour(Text{});
  const Status status = call.finish().wait();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.to_string();
  EXPECT_EQ(metadata_of(status, "http2_code"), "ENHANCE_YOUR_CALM") << status.to_string();
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
  EXPECT_LT(server.server().memory().most_bytes, 3 * kMiB);
  EXPECT_THAT(server.log(), HasSubstr("/test.Echo/Pour"));
  EXPECT_THAT(server.log(), HasSubstr("of the 2097152 that it may hold"));
}

TEST(ServerMemory, HandlersThatIgnoreTheWaitNeverPassTheServersLimit) {
  EchoServer server{with_memory(8 * kMiB)};
  const std::vector<EchoClient> clients = clients_of(server, 4);
  std::vector<ClientReader<Blob>> calls;
  for (int i = 0; i < 20; ++i) calls.push_back(clients[static_cast<std::size_t>(i) % 4].Pour(Text{}));
  for (auto& call : calls) {
    const Status status = call.finish().wait();
    EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.to_string() << server.log();
  }
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0; }));
  EXPECT_LE(server.server().memory().most_bytes, 8 * kMiB);
  EXPECT_TRUE(clients[0].Unary(text("still here")).wait());
}

TEST(ServerMemory, AConnectionHasALimitOfItsOwn) {
  ServerOptions options = with_memory(64 * kMiB);
  options.connection_memory_bytes = kMiB;
  EchoServer server{std::move(options)};
  const std::vector<EchoClient> clients = clients_of(server, 2);
  const Status status = clients[0].Bytes(number(2 * kMiB)).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(status), "MEMORY_LIMIT");
  EXPECT_EQ(metadata_of(status, "limit"), "1048576");
  EXPECT_EQ(metadata_of(status, "knob"), "ServerOptions::connection_memory_bytes");
  const std::vector<ClientReader<Blob>> calls = slow_readers({clients[0]}, 20);
  wait_until_still(server);
  EXPECT_LT(server.server().memory().most_bytes, 2 * kMiB);
  EXPECT_TRUE(clients[1].Bytes(number(kMiB / 2)).wait());
}

TEST(ServerMemory, AResponseThatDoesNotFitIsAnErrorThatSaysWhy) {
  EchoServer server{with_memory(2 * kMiB)};
  const EchoClient client = server.client({.enable_retries = false});
  const Status status = client.Bytes(number(3 * kMiB)).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(status), "MEMORY_LIMIT");
  EXPECT_EQ(metadata_of(status, "limit"), "2097152");
  EXPECT_EQ(metadata_of(status, "knob"), "ServerOptions::memory_bytes");
  EXPECT_TRUE(grpc::find_detail<grpc::RetryInfo>(status));
  EXPECT_TRUE(client.Bytes(number(kMiB)).wait());
}

TEST(ServerMemory, NewCallsAreRefusedNearTheLimit) {
  ServerOptions options = with_memory(8 * kMiB);
  options.http2.max_concurrent_streams = 100'000;
  options.threads = 1;
  EchoServer server{std::move(options)};
  const std::vector<EchoClient> clients = clients_of(server, 4);
  std::vector<UnaryCall<Text>> calls;
  const auto make_calls = [&](int count) {
    for (int i = 0; i < count; ++i)
      calls.push_back(clients[static_cast<std::size_t>(i) % 4].UntilCancelled(Text{}));
  };
  make_calls(5000);
  // Some may still be on their way, and what refused calls took is given back, so more follow until one that
  // asks is refused.
  Status status;
  for (int i = 0; i < 100 && status.code() != StatusCode::kResourceExhausted; ++i) {
    make_calls(20);
    status = clients[0].UntilCancelled(Text{}, {.timeout = 200ms}).wait().error();
  }
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.to_string();
  EXPECT_EQ(reason_of(status), "MEMORY_LIMIT");
  EXPECT_LE(server.server().memory().most_bytes, 8 * kMiB);
  EXPECT_GT(server.echo().running, 3000);
}

TEST(ServerMemory, NewConnectionsAreClosedWhenNotEvenTheyFit) {
  EchoServer server{with_memory(16 * 1024)};
  const Status status = server.client({.enable_retries = false}).Unary(text("x")).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(server.log(), HasSubstr("a new connection is closed: the server holds 0 bytes of the 16384"));
  EXPECT_EQ(server.server().memory().used_bytes, 0);
}

TEST(ServerMemory, RequestsThatDoNotFitTogetherArriveOneAfterTheOther) {
  EchoServer server{with_memory(8 * kMiB)};
  const std::vector<EchoClient> clients = clients_of(server, 4);
  std::vector<UnaryCall<Text>> calls;
  const Text large = text(std::string(kMiB / 2, 'r'));
  for (int i = 0; i < 60; ++i) calls.push_back(clients[static_cast<std::size_t>(i) % 4].Unary(large));
  int answered = 0;
  for (auto& call : calls) {
    const Result<Text> reply = call.wait();
    if (reply) {
      ++answered;
    } else {
      EXPECT_EQ(reason_of(reply.error()), "MEMORY_LIMIT") << reply.error().to_string();
    }
  }
  EXPECT_GT(answered, 0);
  EXPECT_LE(server.server().memory().most_bytes, 8 * kMiB);
  EXPECT_TRUE(clients[0].Unary(large).wait());
}

}  // namespace
}  // namespace parlance::testing
