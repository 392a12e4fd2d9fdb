// Our client against a server made with grpc++.

#include "grpcpp_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "testing/echo.parlance.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::Echo;
using testing::EchoRequest;
using testing::EchoResponse;
using ::testing::ElementsAre;
using testing::GrpcppServer;
using ::testing::StartsWith;

constexpr auto kPatience = 60s;
constexpr std::size_t kMiB = 1024 * 1024;

template <typename Condition>
bool eventually(Condition condition) {
  for (const auto end = Clock::now() + kPatience; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(1ms);
  }
  return false;
}

EchoRequest request_of(std::string_view text) {
  EchoRequest request;
  request.set_text(std::string{text});
  return request;
}

Echo::Client client_of(const GrpcppServer& server, const ChannelOptions& options = {}) {
  return Echo::Client{Channel::open(server.target(), options)};
}

// --- call types, blocking
// ------------------------------------------------------------------------------------

TEST(GrpcppServerBlocking, Unary) {
  const GrpcppServer server;
  const auto reply = client_of(server).Unary(request_of("hello")).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->text(), "hello");
  EXPECT_THAT(reply->peer(), StartsWith("ipv4:127.0.0.1:"));
}

TEST(GrpcppServerBlocking, ClientStreaming) {
  const GrpcppServer server;
  auto call = client_of(server).ClientStreaming();
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(call.write(request_of(std::to_string(i))).wait());
  const auto reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->requests(), 100);
  EXPECT_EQ(reply->text(), "99");
}

TEST(GrpcppServerBlocking, ServerStreaming) {
  const GrpcppServer server;
  EchoRequest request = request_of("t");
  request.set_response_count(100);
  auto call = client_of(server).ServerStreaming(request);
  int count = 0;
  while (auto response = call.read().wait()) count += response->text() == "t";
  EXPECT_EQ(count, 100);
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST(GrpcppServerBlocking, Bidi) {
  const GrpcppServer server;
  auto call = client_of(server).Bidi();
  for (int i = 1; i <= 100; ++i) {
    ASSERT_TRUE(call.write(request_of(std::to_string(i))).wait());
    const auto response = call.read().wait();
    ASSERT_TRUE(response);
    EXPECT_EQ(response->text(), std::to_string(i));
    EXPECT_EQ(response->requests(), i);
  }
  call.writes_done().wait();
  EXPECT_FALSE(call.read().wait());
  EXPECT_EQ(call.finish().wait(), Status{});
}

// --- call types, as coroutines
// -------------------------------------------------------------------------------

Task<Result<std::string>> unary(Echo::Client client) {
  const EchoRequest request = request_of("hello");
  auto reply = co_await client.Unary(request, {.timeout = 30s});
  if (!reply) co_return reply.error();
  co_return reply->text();
}

Task<Result<std::int64_t>> client_streaming(Echo::Client client) {
  auto call = client.ClientStreaming();
  for (int i = 0; i < 100; ++i) {
    const EchoRequest request = request_of(std::to_string(i));
    if (!co_await call.write(request)) break;
  }
  auto reply = co_await call.finish();
  if (!reply) co_return reply.error();
  co_return reply->requests();
}

Task<Result<int>> server_streaming(Echo::Client client) {
  EchoRequest request;
  request.set_response_count(100);
  auto call = client.ServerStreaming(request);
  int count = 0;
  while (auto response = co_await call.read()) ++count;
  Status status = co_await call.finish();
  if (!status.ok()) co_return status;
  co_return count;
}

Task<Result<std::int64_t>> bidi(Echo::Client client) {
  auto call = client.Bidi();
  std::int64_t last = 0;
  for (int i = 0; i < 100; ++i) {
    const EchoRequest request = request_of(std::to_string(i));
    if (!co_await call.write(request)) break;
    auto response = co_await call.read();
    if (!response) break;
    last = response->requests();
  }
  co_await call.writes_done();
  Status status = co_await call.finish();
  if (!status.ok()) co_return status;
  co_return last;
}

TEST(GrpcppServerCoroutine, AllFourCallTypes) {
  const GrpcppServer server;
  const Echo::Client client = client_of(server);
  EXPECT_EQ(unary(client).wait(), "hello");
  EXPECT_EQ(client_streaming(client).wait(), 100);
  EXPECT_EQ(server_streaming(client).wait(), 100);
  EXPECT_EQ(bidi(client).wait(), 100);
}

// --- status and metadata
// -------------------------------------------------------------------------------------

TEST(GrpcppServerStatus, EveryCodeArrivesWithItsText) {
  const GrpcppServer server;
  const Echo::Client client = client_of(server);
  for (int code = 1; code <= 16; ++code) {
    EchoRequest request;
    request.mutable_failure()->set_code(code);
    request.mutable_failure()->set_message("100% “so”\n");
    const auto reply = client.Unary(request).wait();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error(), Status(static_cast<StatusCode>(code), "100% “so”\n"));
  }
}

TEST(GrpcppServerStatus, DetailsArrive) {
  const GrpcppServer server;
  EchoRequest request;
  request.mutable_failure()->set_code(3);
  request.mutable_failure()->set_message("bad");
  auto* detail = request.mutable_failure()->add_details();
  detail->set_type_url("type.googleapis.com/some.Detail");
  detail->set_value(std::string("\0\xff", 2));
  const auto reply = client_of(server).Unary(request).wait();
  ASSERT_FALSE(reply);
  ASSERT_EQ(reply.error().details().size(), 1U);
  EXPECT_EQ(reply.error().details()[0],
            (StatusDetail{"type.googleapis.com/some.Detail", std::string("\0\xff", 2)}));
}

TEST(GrpcppServerStatus, AMethodThatIsNotServedIsUnimplemented) {
  const GrpcppServer server;
  const auto reply = client_of(server).NotServed(EchoRequest{}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
}

TEST(GrpcppServerStatus, AnErrorAfterMessagesComesAfterThem) {
  const GrpcppServer server;
  EchoRequest request;
  request.set_response_count(3);
  request.mutable_failure()->set_code(10);
  auto call = client_of(server).ServerStreaming(request);
  int count = 0;
  while (call.read().wait()) ++count;
  EXPECT_EQ(count, 3);
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kAborted);
}

TEST(GrpcppServerMetadata, GoesBothWays) {
  const GrpcppServer server;
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-text", "a b"));
  ASSERT_TRUE(metadata.add("x-data-bin", std::string("\0\xff,\n", 4)));
  EchoRequest request;
  request.set_echo_metadata(true);
  auto call = client_of(server).Unary(request, {.metadata = &metadata});
  ASSERT_TRUE(call.wait());
  for (const Metadata& received : {call.initial_metadata(), call.trailing_metadata()}) {
    EXPECT_THAT(received.all("x-text"), ElementsAre("a b"));
    EXPECT_THAT(received.all("x-data-bin"), ElementsAre(std::string_view("\0\xff,\n", 4)));
  }
}

// --- deadlines and cancellation
// ------------------------------------------------------------------------------

TEST(GrpcppServerDeadline, IsSentAndKept) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  const auto in_time = client.Unary(EchoRequest{}, {.timeout = 3600s}).wait();
  ASSERT_TRUE(in_time) << in_time.error().to_string();
  EXPECT_GT(in_time->time_remaining_ms(), 0);
  EXPECT_LE(in_time->time_remaining_ms(), 3'600'000);
  EXPECT_EQ(client.Unary(EchoRequest{}).wait()->time_remaining_ms(), -1);

  const auto late = client.UntilCancelled(EchoRequest{}, {.timeout = 50ms}).wait();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0; }));
}

TEST(GrpcppServerCancellation, IsSeenByTheHandler) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  auto call = client.UntilCancelled(EchoRequest{});
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  call.cancel();
  EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0 && server.echo().cancelled == 1; }));
}

TEST(GrpcppServerCancellation, OfADroppedCallIsSeenByTheHandler) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  {
    auto call = client.Flood(request_of("x"));
    ASSERT_TRUE(call.read().wait());
  }
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0; }));
  EXPECT_TRUE(client.Unary(EchoRequest{}).wait());
}

// --- sizes and flow control
// ----------------------------------------------------------------------------------

TEST(GrpcppServerSizes, MessagesUpToAHundredMebibytes) {
  const GrpcppServer server;
  const Echo::Client client = client_of(server, {.max_receive_message_bytes = 128 * kMiB});
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16383}, std::size_t{16384},
                                 std::size_t{16385}, 4 * kMiB, 100 * kMiB}) {
    EchoRequest request;
    std::string& payload = *request.mutable_payload();
    payload.resize(size);
    for (std::size_t i = 0; i < size; i += 101) payload[i] = static_cast<char>(i * 7);
    const auto reply = client.Unary(request).wait();
    ASSERT_TRUE(reply) << size << ": " << reply.error().to_string();
    EXPECT_TRUE(reply->payload() == payload) << size;
  }
}

TEST(GrpcppServerSizes, AResponseOverTheLimitIsResourceExhausted) {
  const GrpcppServer server;
  EchoRequest request;
  request.set_response_bytes(5 * kMiB);
  const auto reply = client_of(server).Unary(request).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
}

TEST(GrpcppServerFlowControl, AReaderThatStopsHoldsTheServerBack) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  EchoRequest request;
  request.set_response_bytes(64 * 1024);
  auto call = client.Flood(request);
  ASSERT_TRUE(call.read().wait());
  int before = -1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, server.echo().messages_flooded.load()) == server.echo().messages_flooded;
  }));
  EXPECT_LT(before, 1000);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(call.read().wait());
  EXPECT_TRUE(eventually([&] { return server.echo().messages_flooded > before; }));
  // Before the server goes: it waits for its handlers.
  call.cancel();
}

TEST(GrpcppServerFlowControl, AServerThatDoesNotReadHoldsTheWriterBack) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  auto call = client.NeverRead();
  EchoRequest request;
  request.mutable_payload()->resize(64 * 1024);
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (call.write(request).wait()) ++written;
  });
  int before = -1;
  EXPECT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return written > 0 && std::exchange(before, written.load()) == written;
  }));
  EXPECT_LT(written, 1000);
  EXPECT_TRUE(client.Unary(request).wait());
  call.cancel();
  writer.join();
}

// --- connections
// ---------------------------------------------------------------------------------------------

TEST(GrpcppServerConnections, ManyCallsAtOnceWithinTheServersStreamLimit) {
  const GrpcppServer server{0, [](::grpc::ServerBuilder& builder) {
                              builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 50);
                            }};
  const Echo::Client client = client_of(server);
  std::vector<UnaryCall<EchoResponse>> calls;
  for (int i = 0; i < 1000; ++i) calls.push_back(client.Unary(request_of(std::to_string(i))));
  for (int i = 0; i < 1000; ++i) {
    const auto reply = calls[static_cast<std::size_t>(i)].wait();
    ASSERT_TRUE(reply) << i << ": " << reply.error().to_string();
    EXPECT_EQ(reply->text(), std::to_string(i));
  }
}

TEST(GrpcppServerConnections, AServerThatEndsItsConnectionsGracefullyLosesNoCall) {
  const GrpcppServer server{0, [](::grpc::ServerBuilder& builder) {
                              builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, 50);
                              builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 10'000);
                            }};
  const Echo::Client client = client_of(server);
  std::vector<std::string> peers;
  for (int round = 0; round < 100; ++round) {
    std::vector<UnaryCall<EchoResponse>> calls;
    EchoRequest request;
    request.set_sleep_ms(5);
    for (int i = 0; i < 10; ++i) calls.push_back(client.Unary(request));
    for (auto& call : calls) {
      const auto reply = call.wait();
      ASSERT_TRUE(reply) << round << ": " << reply.error().to_string();
      if (peers.empty() || peers.back() != reply->peer()) peers.push_back(reply->peer());
    }
  }
  EXPECT_GT(peers.size(), 3U);  // connections came and went
}

TEST(GrpcppServerConnections, AServerThatStopsEndsOpenCalls) {
  GrpcppServer server;
  const Echo::Client client = client_of(server);
  auto call = client.UntilCancelled(EchoRequest{});
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  server.stop();
  const auto reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_THAT(reply.error().code(), ::testing::AnyOf(StatusCode::kCancelled, StatusCode::kUnavailable));
  EXPECT_EQ(client.Unary(EchoRequest{}).wait().error().code(), StatusCode::kUnavailable);
}

TEST(GrpcppServerConnections, WaitForReadyFindsAServerThatComesLater) {
  auto first = std::make_unique<GrpcppServer>();
  const int port = first->port();
  const Echo::Client client = client_of(*first, {.initial_backoff = 10ms, .max_backoff = 50ms});
  ASSERT_TRUE(client.Unary(EchoRequest{}).wait());
  first.reset();
  EXPECT_TRUE(eventually([&] {
    const auto reply = client.Unary(EchoRequest{}).wait();
    return !reply && reply.error().code() == StatusCode::kUnavailable;
  }));
  auto waiting = client.Unary(request_of("patient"), {.timeout = kPatience, .wait_for_ready = true});
  const GrpcppServer second{port};
  const auto reply = waiting.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->text(), "patient");
}

}  // namespace
}  // namespace parlance
