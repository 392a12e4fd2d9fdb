// Retries, hedges and the rest of what a service config says of a call, over real connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"
#include "rpc/in_process.h"

namespace parlance {
// Named: gcc 12 warns of coroutine templates over types without linkage.
namespace retry_test {

using namespace std::chrono_literals;
using testing::EchoServer;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Text;
using testing::text;

/// Fails as often as it is told, and remembers which attempts came.
class Flaky final : public Service {
 public:
  Flaky(int failures, StatusCode code) : failures_(failures), code_(code) {}
  std::optional<std::chrono::milliseconds> pushback;
  bool asks_for_no_more = false;

  std::string_view full_name() const override { return "test.Flaky"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Unary", *this, &Flaky::Unary));
    methods.push_back(bind_client_streaming("Collect", *this, &Flaky::Collect));
    methods.push_back(bind_server_streaming("Begin", *this, &Flaky::Begin));
    methods.push_back(bind_unary("FirstSleeps", *this, &Flaky::FirstSleeps));
    return methods;
  }

  /// What each attempt said of those before it; "" for a first one.
  std::vector<std::string> attempts() const {
    const std::lock_guard lock{mutex_};
    return attempts_;
  }
  std::atomic<int> cancelled = 0;

  Task<Result<Text>> Unary(ServerCall& call, Incoming<Text> request) {
    if (fails(call)) co_return refused();
    co_return text(request->value());
  }
  Task<Result<Text>> Collect(ServerCall& call, Reader<Text>& in) {
    std::string all;
    while (auto message = co_await in.read()) all += (*message)->value() + ",";
    if (fails(call)) co_return refused();
    co_return text(std::move(all));
  }
  Task<Status> Begin(ServerCall& call, Incoming<Text> request, Writer<Text>& out) {
    const bool failing = fails(call);
    co_await out.write(*request);
    co_return failing ? refused() : Status{};
  }
  Task<Result<Text>> FirstSleeps(ServerCall& call, Incoming<Text> request) {
    if (fails(call)) {
      const bool slept = co_await call.sleep_for(1h);
      if (!slept) ++cancelled;
    }
    co_return text(request->value());
  }

 private:
  bool fails(ServerCall& call) {
    const std::lock_guard lock{mutex_};
    attempts_.emplace_back(call.request_metadata().get("grpc-previous-rpc-attempts").value_or(""));
    const bool failing = static_cast<int>(attempts_.size()) <= failures_;
    if (failing && (pushback || asks_for_no_more)) call.set_retry_pushback(pushback);
    return failing;
  }
  Status refused() const { return Status{code_, "not this time"}; }

  const int failures_;
  const StatusCode code_;
  mutable std::mutex mutex_;
  std::vector<std::string> attempts_;
};

struct Served {
  explicit Served(int failures, StatusCode code = StatusCode::kUnavailable, ChannelOptions options = {})
      : flaky(std::make_shared<Flaky>(failures, code)) {
    server.add(flaky);
    require(server.start().has_value(), "cannot start");
    channel = in_process_channel(server, std::move(options));
  }
  UnaryCall<Text> Unary(CallOptions options = {}) const {
    return {*channel, "/test.Flaky/Unary", text("hello"), options};
  }
  std::shared_ptr<Flaky> flaky;
  Server server{{.listen = {}, .threads = 1}};
  std::optional<Channel> channel;
};

ChannelOptions with_config(std::string_view json) {
  auto config = ServiceConfig::parse(json);
  require(config.has_value(), config.has_value() ? "" : config.error().c_str());
  return {.service_config = *std::move(config)};
}

TEST(Retry, ACallThatTheServerRefusesIsMadeAgainUntilItAnswers) {
  const Served served{3};
  auto call = served.Unary();
  const Result<Text> reply = call.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "hello");
  EXPECT_THAT(served.flaky->attempts(), ElementsAre("", "1", "2", "3"));
}

TEST(Retry, FourAttemptsAreTheMost) {
  const Served served{100, StatusCode::kResourceExhausted};
  EXPECT_EQ(served.Unary().wait().error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(served.flaky->attempts().size(), 4U);
}

TEST(Retry, OtherStatusesAreFinal) {
  for (const StatusCode code : {StatusCode::kInternal, StatusCode::kAborted, StatusCode::kInvalidArgument}) {
    const Served served{1, code};
    EXPECT_EQ(served.Unary().wait().error().code(), code);
    EXPECT_EQ(served.flaky->attempts().size(), 1U);
  }
}

TEST(Retry, AChannelMayDoWithout) {
  const Served served{1, StatusCode::kUnavailable, {.enable_retries = false}};
  EXPECT_EQ(served.Unary().wait().error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(Retry, NoAttemptBeginsAfterTheDeadline) {
  const Served served{100, StatusCode::kUnavailable, with_config(R"({"methodConfig": [{"name": [{}],
    "retryPolicy": {"maxAttempts": 5, "initialBackoff": "3600s", "maxBackoff": "3600s", "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]})")};
  EXPECT_EQ(served.Unary({.timeout = 60s}).wait().error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(Retry, AStreamOfRequestsIsSentAgain) {
  const Served served{2};
  ClientWriter<Text, Text> call{*served.channel, "/test.Flaky/Collect", {}};
  for (const char* part : {"a", "b", "c"}) ASSERT_TRUE(call.write(text(part)).wait());
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "a,b,c,");
  EXPECT_EQ(served.flaky->attempts().size(), 3U);
}

TEST(Retry, AnAnswerThatHasBegunIsTheAnswer) {
  const Served served{1};
  ClientReader<Text> call{*served.channel, "/test.Flaky/Begin", text("first"), {}};
  ASSERT_TRUE(call.read().wait());
  EXPECT_FALSE(call.read().wait());
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kUnavailable);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(Retry, RequestsBeyondTheBufferAreSentOnce) {
  const Served served{1, StatusCode::kUnavailable, {.retry_buffer_bytes = 10}};
  ClientWriter<Text, Text> call{*served.channel, "/test.Flaky/Collect", {}};
  ASSERT_TRUE(call.write(text("longer than ten bytes")).wait());
  EXPECT_EQ(call.finish().wait().error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(Retry, AServerThatAsksForNoMoreIsLeftAlone) {
  const Served served{100};
  served.flaky->asks_for_no_more = true;
  EXPECT_EQ(served.Unary().wait().error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(Retry, AServersPauseTakesThePlaceOfTheOwn) {
  const Served served{1, StatusCode::kUnavailable, with_config(R"({"methodConfig": [{"name": [{}],
    "retryPolicy": {"maxAttempts": 2, "initialBackoff": "3600s", "maxBackoff": "3600s", "backoffMultiplier": 1,
    "retryableStatusCodes": ["UNAVAILABLE"]}}]})")};
  served.flaky->pushback = 1ms;
  EXPECT_TRUE(served.Unary().wait());
}

TEST(Retry, StopsWhenTooManyCallsFail) {
  const Served served{100, StatusCode::kUnavailable,
                      with_config(R"({"retryThrottling": {"maxTokens": 4, "tokenRatio": 0.1}})")};
  EXPECT_FALSE(served.Unary().wait());  // two attempts, then half of the tokens are gone
  EXPECT_FALSE(served.Unary().wait());
  EXPECT_THAT(served.flaky->attempts(), ElementsAre("", "1", ""));
}

TEST(Hedging, TheFirstAnswerWinsAndTheOthersAreCancelled) {
  const Served served{1, StatusCode::kUnavailable, with_config(R"({"methodConfig": [{"name": [{}],
    "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.010s"}}]})")};
  UnaryCall<Text> call{*served.channel, "/test.Flaky/FirstSleeps", text("hello"), {}};
  const Result<Text> reply = call.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  const auto end = Clock::now() + 30s;
  while (served.flaky->cancelled == 0 && Clock::now() < end) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(served.flaky->cancelled, 1);
  EXPECT_GE(served.flaky->attempts().size(), 2U);
}

TEST(Hedging, AStatusThatIsNotFatalIsOvertakenByTheNextAttempt) {
  const Served served{2, StatusCode::kUnavailable, with_config(R"({"methodConfig": [{"name": [{}],
    "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "3600s", "nonFatalStatusCodes": ["UNAVAILABLE"]}}]})")};
  EXPECT_TRUE(served.Unary().wait());
  EXPECT_THAT(served.flaky->attempts(), ElementsAre("", "1", "2"));
}

TEST(Hedging, AFatalStatusEndsTheCall) {
  const Served served{1, StatusCode::kNotFound, with_config(R"({"methodConfig": [{"name": [{}],
    "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "3600s", "nonFatalStatusCodes": ["UNAVAILABLE"]}}]})")};
  EXPECT_EQ(served.Unary().wait().error().code(), StatusCode::kNotFound);
  EXPECT_EQ(served.flaky->attempts().size(), 1U);
}

TEST(ServiceConfigOfACall, ItsTimeoutCounts) {
  const EchoServer server;
  const testing::EchoClient client{server.open(with_config(R"({"methodConfig": [
    {"name": [{"service": "test.Echo", "method": "UntilCancelled"}], "timeout": "0.020s"}]})"))};
  EXPECT_EQ(client.UntilCancelled(Text{}).wait().error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(client.Unary(text("hello")).wait());
}

TEST(ServiceConfigOfACall, ItsLimitsCountAndAreNamed) {
  const EchoServer server;
  const testing::EchoClient client{server.open(with_config(R"({"methodConfig": [
    {"name": [{"service": "test.Echo"}], "maxRequestMessageBytes": 100, "maxResponseMessageBytes": 50}]})"))};
  const Status request = client.Unary(text(std::string(200, 'x'))).wait().error();
  EXPECT_EQ(request.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(grpc::error_info(request)->reason, "METHOD_REQUEST_TOO_LARGE");
  const Status response = client.Bytes(testing::number(80)).wait().error();
  EXPECT_EQ(response.code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(client.Unary(text("short")).wait());
}

TEST(ServiceConfigOfACall, WaitForReadyIsOnlyItsDefault) {
  std::string target;
  {
    const EchoServer gone;
    target = gone.target();
  }
  ChannelOptions options = with_config(R"({"methodConfig": [{"name": [{}], "waitForReady": true}]})");
  const testing::EchoClient client{Channel::open(target, options)};
  EXPECT_EQ(client.Unary(Text{}, {.timeout = 50ms}).wait().error().code(), StatusCode::kDeadlineExceeded);
  const Status status = client.Unary(Text{}, {.wait_for_ready = false}).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
}

}  // namespace retry_test
}  // namespace parlance
