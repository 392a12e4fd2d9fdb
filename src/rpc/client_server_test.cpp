// The client and the server of this folder on a socket between them: calls, errors, metadata, sizes.

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::Blob;
using testing::EchoClient;
using testing::EchoServer;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::Number;
using testing::number;
using testing::reason_of;
using testing::Text;
using testing::text;

// Enough for any machine; only reached when something hangs.
constexpr auto kPatience = 30s;

// --- the four call types, blocking
// ---------------------------------------------------------------------------

TEST(Unary, BlockingCallReturnsTheResponse) {
  const EchoServer server;
  const Result<Text> reply = server.client().Unary(text("hello")).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "hello");
}

TEST(Unary, EmptyMessagesArriveAsEmptyMessages) {
  const EchoServer server;
  const Result<Text> reply = server.client().Unary(Text{}).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "");
}

TEST(Unary, AMessageOfThePoolIsEmptyForEachCall) {
  const EchoServer server;
  for (const std::string value : {"a longer answer that needs memory", "short"}) {
    const Result<Text> reply = server.client().Lent(text(value)).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), value);
  }
  EXPECT_EQ(server.client().Lent(Text{}).wait().error(), (Status{StatusCode::kNotFound, "nothing to echo"}));
}

TEST(Unary, AResponseMayGoIntoAMessageOfTheCallers) {
  const EchoServer server;
  Text reply = text("what stood there before");
  for (const std::string value : {"a longer answer that needs memory", "short", ""}) {
    const Status status = server.client().Unary(text(value)).into(reply).wait();
    ASSERT_TRUE(status.ok()) << status.to_string();
    EXPECT_EQ(reply.value(), value);
  }
  const Status failed = server.client().Fail(number(5)).into(reply).wait();
  EXPECT_EQ(failed.code(), StatusCode::kNotFound);
}

TEST(Unary, OffloadedHandlerComesBackWithItsResult) {
  const EchoServer server;
  const Result<Text> reply = server.client().Offloaded(text("desserts")).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "stressed");
}

TEST(Unary, CallsOfOneChannelShareAConnectionOneAfterAnother) {
  const EchoServer server;
  const EchoClient client = server.client();
  for (int i = 0; i < 200; ++i) {
    const Result<Text> reply = client.Unary(text(std::to_string(i))).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), std::to_string(i));
  }
}

TEST(ClientStreaming, BlockingWritesReachTheHandlerInOrder) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Collect();
  for (const char* word : {"a", "b", "", "c"}) EXPECT_TRUE(call.write(text(word)).wait());
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "a,b,,c,");
}

TEST(ClientStreaming, NoMessagesAtAllIsAnEmptyStream) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Collect();
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "");
}

TEST(ClientStreaming, AnAnswerBeforeTheEndOfTheRequestsIsTheAnswer) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.First();
  ASSERT_TRUE(call.write(text("first")).wait());
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "first");
}

TEST(ClientStreaming, WritingOnAfterTheAnswerFailsAndTheAnswerStands) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.First();
  while (call.write(text("again")).wait()) {
  }
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "again");
}

TEST(ServerStreaming, BlockingReadsGetEveryMessageThenTheEnd) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Split(text("abc"));
  std::vector<std::string> parts;
  while (auto part = call.read().wait()) parts.push_back(part->value());
  EXPECT_THAT(parts, ElementsAre("a", "b", "c"));
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST(ServerStreaming, MessagesMayGoIntoOneOfTheCallers) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Split(text("abc"));
  Text part;
  std::vector<std::string> parts;
  while (call.read_into(part).wait()) parts.push_back(part.value());
  EXPECT_THAT(parts, ElementsAre("a", "b", "c"));
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST(ServerStreaming, AnEmptyStreamIsJustItsStatus) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Split(text(""));
  EXPECT_FALSE(call.read().wait());
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST(ServerStreaming, FinishDropsWhatWasNotRead) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Split(text(std::string(100'000, 'x')));
  ASSERT_TRUE(call.read().wait());
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST(Bidi, BlockingPingPong) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Chat();
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(call.write(text(std::to_string(i))).wait());
    const auto reply = call.read().wait();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->value(), std::to_string(i));
  }
  call.writes_done().wait();
  EXPECT_FALSE(call.read().wait());
  EXPECT_EQ(call.finish().wait(), Status{});
}

// --- the four call types, as coroutines
// ----------------------------------------------------------------------

Task<Result<std::string>> call_unary(EchoClient client) {
  const Text request = text("from a coroutine");
  Result<Text> reply = co_await client.Unary(request, {.timeout = 10s});
  if (!reply) co_return reply.error();
  co_return reply->value();
}

Task<Status> call_with_short_timeout(EchoClient client) {
  const Text request = text("never answered");
  const Result<Text> reply = co_await client.UntilCancelled(request, {.timeout = 50ms});
  co_return reply ? Status{} : reply.error();
}

// The same as one expression in other places of a statement, where gcc 12 treats temporaries differently.
Task<Result<std::string>> call_within_expressions(EchoClient client) {
  const Text request = text("x");
  std::string all;
  if (auto reply = co_await client.Unary(request, {.timeout = 10s}); reply) all += reply->value();
  for (int i = 0; i < 3; ++i) {
    auto reply = co_await client.Unary(request, {.timeout = 10s});
    if (!reply) co_return reply.error();
    all += reply->value();
  }
  Result<Text> last = Text{};
  last = co_await client.Unary(request);
  if (last) all += last->value();
  co_return all;
}

Task<Result<std::string>> collect(EchoClient client, int count) {
  auto call = client.Collect();
  for (int i = 0; i < count; ++i) {
    const Text message = text(std::to_string(i));
    if (!co_await call.write(message)) break;
  }
  Result<Text> reply = co_await call.finish();
  if (!reply) co_return reply.error();
  co_return reply->value();
}

Task<Result<std::string>> split(EchoClient client, std::string word) {
  const Text request = text(std::move(word));
  auto call = client.Split(request);
  std::string all;
  while (auto part = co_await call.read()) all += part->value() + ".";
  const Status status = co_await call.finish();
  if (!status.ok()) co_return status;
  co_return all;
}

Task<Result<std::string>> chat(EchoClient client, int rounds) {
  auto call = client.Chat();
  std::string all;
  for (int i = 0; i < rounds; ++i) {
    const Text message = text(std::to_string(i));
    if (!co_await call.write(message)) break;
    const auto reply = co_await call.read();
    if (!reply) break;
    all += reply->value();
  }
  co_await call.writes_done();
  const Status status = co_await call.finish();
  if (!status.ok()) co_return status;
  co_return all;
}

Task<Result<std::string>> call_into_one_message(EchoClient client) {
  Text reply;
  std::string all;
  for (const std::string value : {"one ", "two ", "three"}) {
    const Text request = text(value);
    const Status status = co_await client.Unary(request, {.timeout = kPatience}).into(reply);
    if (!status.ok()) co_return status;
    all += reply.value();
  }
  auto letters = client.Split(text(all));
  all.clear();
  while (co_await letters.read_into(reply)) all += reply.value();
  const Status status = co_await letters.finish();
  if (!status.ok()) co_return status;
  co_return all;
}

TEST(Coroutine, AwaitsResponsesIntoOneMessage) {
  const EchoServer server;
  const auto reply = call_into_one_message(server.client()).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "one two three");
}

TEST(Coroutine, AwaitsAUnaryCallWithOptionsWrittenInPlace) {
  const EchoServer server;
  const auto reply = call_unary(server.client()).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "from a coroutine");
}

TEST(Coroutine, TimeoutWrittenInPlaceEndsTheCall) {
  const EchoServer server;
  EXPECT_EQ(call_with_short_timeout(server.client()).wait().code(), StatusCode::kDeadlineExceeded);
}

TEST(Coroutine, AwaitsWithinExpressions) {
  const EchoServer server;
  const auto reply = call_within_expressions(server.client()).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "xxxxx");
}

TEST(Coroutine, StreamsRequests) {
  const EchoServer server;
  const auto reply = collect(server.client(), 5).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "0,1,2,3,4,");
}

TEST(Coroutine, StreamsResponses) {
  const EchoServer server;
  const auto reply = split(server.client(), "xyz").wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "x.y.z.");
}

TEST(Coroutine, StreamsBothWays) {
  const EchoServer server;
  const auto reply = chat(server.client(), 10).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(*reply, "0123456789");
}

// A handler that calls another server does so on its own loop.
class Relay final : public Service {
 public:
  explicit Relay(EchoClient next) : next_(std::move(next)) {}
  std::string_view full_name() const override { return "test.Echo"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Unary", *this, &Relay::Unary));
    return methods;
  }
  Task<Result<Text>> Unary(ServerCall& call, Incoming<Text> request) {
    const Text& message = *request;
    Result<Text> reply = co_await next_.Unary(message, {.deadline = call.deadline()});
    if (reply) reply->mutable_value()->append(" and back");
    co_return reply;
  }

 private:
  EchoClient next_;
};

TEST(Coroutine, AHandlerMayCallAnotherServer) {
  const EchoServer behind;
  Server front{{.listen = {"127.0.0.1:0"}, .threads = 2}};
  front.add(std::make_shared<Relay>(behind.client()));
  ASSERT_TRUE(front.start());
  const EchoClient client{Channel::open("127.0.0.1:" + std::to_string(front.ports().front()))};
  for (int i = 0; i < 20; ++i) {
    const Result<Text> reply = client.Unary(text("there"), {.timeout = 10s}).wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), "there and back");
  }
}

// --- errors
// --------------------------------------------------------------------------------------------------

TEST(Errors, AStatusArrivesWithItsCodeTextAndDetails) {
  const EchoServer server;
  for (int code = 1; code <= 16; ++code) {
    const EchoClient client = server.client();
    auto call = client.Fail(number(code));
    const Result<Text> reply = call.wait();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().code(), static_cast<StatusCode>(code));
    EXPECT_EQ(reply.error().message(), "wanted: 100% “so”");
    ASSERT_EQ(reply.error().details().size(), 1U);
    EXPECT_EQ(reply.error().details()[0],
              (StatusDetail{"type.googleapis.com/test.Detail", std::string("\0\1\2", 3)}));
    EXPECT_EQ(call.trailing_metadata().get("x-failed"), "yes");
  }
}

TEST(Errors, AnUnknownMethodIsUnimplementedAndNamed) {
  const EchoServer server;
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/test.Echo/Nope", Text{}, {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reply.error().message(), "unknown method 'Nope' of service 'test.Echo'");
}

TEST(Errors, AnUnknownServiceIsUnimplementedAndNamed) {
  const EchoServer server;
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/other.Service/M", Text{}, {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reply.error().message(), "unknown service 'other.Service'");
}

TEST(Errors, TheirReasonsCanBeKeptFromCallers) {
  const EchoServer server{{.explain_errors = false}};
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/other.Service/M", Text{}, {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error(), Status(StatusCode::kUnimplemented, "unknown service 'other.Service'"));
}

TEST(Errors, WhatAHandlerThrowsIsLoggedAndDoesNotLeak) {
  const EchoServer server;
  const Result<Text> reply = server.client().Throw(text("the password is 1234")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnknown);
  EXPECT_EQ(reason_of(reply.error()), "HANDLER_EXCEPTION");
  EXPECT_THAT(std::string{reply.error().message()}, Not(HasSubstr("1234")));
  EXPECT_THAT(server.log(), HasSubstr("/test.Echo/Throw threw: the password is 1234"));
}

TEST(Errors, ARequestThatDoesNotParseIsInternal) {
  const EchoServer server;
  const Buffer garbage = Buffer::adopt("\xff\xff\xff\xff");
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/test.Echo/Unary", garbage, {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kInternal);
  EXPECT_EQ(reason_of(reply.error()), "MESSAGE_NOT_PARSABLE");
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("google.protobuf.StringValue"));
}

TEST(Errors, AResponseThatDoesNotParseIsInternal) {
  const EchoServer server;
  const Buffer garbage = Buffer::adopt("\xff\xff\xff\xff");
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/test.Echo/Raw", garbage, {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kInternal);
  EXPECT_EQ(reason_of(reply.error()), "MESSAGE_NOT_PARSABLE");
}

TEST(Errors, AResponseThatDoesNotParseIntoAMessageIsInternal) {
  const EchoServer server;
  const Buffer garbage = Buffer::adopt("\xff\xff\xff\xff");
  Text reply;
  const Status status = UnaryCall<Text>{server.open(), "/test.Echo/Raw", garbage, {}}.into(reply).wait();
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_EQ(reason_of(status), "MESSAGE_NOT_PARSABLE");
}

TEST(Errors, TwoResponsesToAUnaryCallAreUnimplemented) {
  const EchoServer server;
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/test.Echo/Split", text("ab"), {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reason_of(reply.error()), "RESPONSE_NOT_SINGLE");
}

TEST(Errors, OkWithoutAResponseToAUnaryCallIsUnimplemented) {
  const EchoServer server;
  const Result<Text> reply = UnaryCall<Text>{server.open(), "/test.Echo/Split", text(""), {}}.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reason_of(reply.error()), "RESPONSE_MISSING");
}

TEST(Errors, TwoRequestsToAUnaryMethodAreUnimplemented) {
  const EchoServer server;
  const Channel channel = server.open();
  ClientWriter<Text, Text> call{channel, "/test.Echo/Unary", {}};
  call.write(text("one")).wait();
  call.write(text("two")).wait();
  const Result<Text> reply = call.finish().wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reason_of(reply.error()), "REQUEST_NOT_SINGLE");
}

TEST(Errors, NoRequestToAUnaryMethodIsUnimplemented) {
  const EchoServer server;
  const Channel channel = server.open();
  ClientWriter<Text, Text> call{channel, "/test.Echo/Unary", {}};
  const Result<Text> reply = call.finish().wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnimplemented);
  EXPECT_EQ(reason_of(reply.error()), "REQUEST_MISSING");
}

// --- metadata
// ------------------------------------------------------------------------------------------------

TEST(Metadata, GoesBothWaysWithBinaryValuesAndOrder) {
  const EchoServer server;
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-one", "1"));
  ASSERT_TRUE(metadata.add("X-Two-bin", std::string("\0\xff,\n", 4)));
  ASSERT_TRUE(metadata.add("x-one", "2, 3"));
  ASSERT_TRUE(metadata.add("x-empty", ""));
  const EchoClient client = server.client();
  auto call = client.Metadata(Text{}, {.metadata = &metadata});
  const Result<Text> reply = call.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "/test.Echo/Metadata");
  for (const Metadata& got : {call.initial_metadata(), call.trailing_metadata()}) {
    EXPECT_THAT(got.all("x-one"), ElementsAre("1", "2, 3"));
    EXPECT_EQ(got.get("x-two-bin"), std::string_view("\0\xff,\n", 4));
    EXPECT_EQ(got.get("x-empty"), "");
  }
}

TEST(Metadata, HeadersCanBeAwaitedBeforeTheFirstMessage) {
  const EchoServer server;
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-early", "bird"));
  const EchoClient client = server.client();
  auto call = client.Metadata(Text{}, {.metadata = &metadata});
  EXPECT_EQ(call.headers().wait().get("x-early"), "bird");
}

// --- deadlines
// -----------------------------------------------------------------------------------------------

TEST(Deadline, TheHandlerKnowsIt) {
  const EchoServer server;
  const Result<Number> without = server.client().Remaining(Text{}).wait();
  ASSERT_TRUE(without);
  EXPECT_EQ(without->value(), -1);
  const Result<Number> with = server.client().Remaining(Text{}, {.timeout = 60s}).wait();
  ASSERT_TRUE(with);
  EXPECT_GT(with->value(), 0);
  EXPECT_LE(with->value(), 60'000);
}

TEST(Deadline, EndsTheCallAtBothEnds) {
  EchoServer server;
  const Result<Text> reply = server.client().UntilCancelled(Text{}, {.timeout = 30ms}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return server.echo().running == 0; }));
  EXPECT_EQ(server.echo().cancellations, server.echo().started);
}

TEST(Deadline, ThatHasPassedStartsNothing) {
  EchoServer server;
  const Result<Text> reply =
      server.client().Unary(Text{}, {.deadline = Deadline::after(Clock::now(), -1s)}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server.echo().started, 0);
}

TEST(Deadline, TheEarlierOfTimeoutAndDeadlineCounts) {
  const EchoServer server;
  const Result<Number> reply =
      server.client()
          .Remaining(Text{}, {.timeout = 10s, .deadline = Deadline::after(Clock::now(), 3600s)})
          .wait();
  ASSERT_TRUE(reply);
  EXPECT_LE(reply->value(), 10'000);
}

// --- cancellation
// --------------------------------------------------------------------------------------------

TEST(Cancellation, ByTheCallerIsSeenByTheHandler) {
  EchoServer server;
  const EchoClient client = server.client();
  auto call = client.UntilCancelled(Text{});
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  call.cancel();
  const Result<Text> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
}

TEST(Cancellation, DroppingACallCancelsIt) {
  EchoServer server;
  const EchoClient client = server.client();
  {
    const auto call = client.UntilCancelled(Text{});
    ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  }
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
}

TEST(Cancellation, ACallKeepsItsChannelUntilItEnds) {
  EchoServer server;
  std::optional<EchoClient> client = server.client();
  auto call = client->Chat();
  client.reset();
  ASSERT_TRUE(call.write(text("still")).wait());
  const auto reply = call.read().wait();
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->value(), "still");
  call.cancel();
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
}

TEST(Cancellation, WakesAHandlerThatReads) {
  EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Collect();
  ASSERT_TRUE(call.write(text("one")).wait());
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  call.cancel();
  EXPECT_EQ(call.finish().wait().error().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
}

TEST(Cancellation, WakesAHandlerThatWrites) {
  EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Flood(Text{});
  ASSERT_TRUE(call.read().wait());
  call.cancel();
  EXPECT_EQ(call.finish().wait().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return server.echo().cancellations == 1 && server.echo().running == 0; }));
}

TEST(Cancellation, BeforeTheCallHasBegunIsJustCancelled) {
  const EchoServer server;
  const EchoClient client = server.client();
  auto call = client.UntilCancelled(Text{});
  call.cancel();
  EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
}

// --- sizes and flow control
// ----------------------------------------------------------------------------------

TEST(Sizes, MessagesAroundFrameAndWindowBordersArriveWhole) {
  const EchoServer server;
  const EchoClient client = server.client();
  for (const std::size_t size : {1, 16'379, 16'383, 16'384, 16'385, 65'535, 65'536, 1'000'000, 4'000'000}) {
    std::string content(size, 'a');
    for (std::size_t i = 0; i < size; i += 97) content[i] = static_cast<char>('a' + i % 26);
    const Result<Text> reply = client.Unary(text(content)).wait();
    ASSERT_TRUE(reply) << size << ": " << reply.error().to_string();
    EXPECT_EQ(reply->value(), content) << size;
  }
}

TEST(Sizes, ARequestOverTheLimitNamesBothSizesAndTheKnob) {
  const EchoServer server{{.max_receive_message_bytes = 1000}};
  const Result<Text> reply = server.client().Unary(text(std::string(2000, 'x'))).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(reply.error()), "MESSAGE_TOO_LARGE");
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("2003"));
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("1000"));
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("max_receive_message"));
}

TEST(Sizes, AResponseOverTheLimitNamesBothSizesAndTheKnob) {
  const EchoServer server;
  const Result<Blob> reply = server.client({.max_receive_message_bytes = 1000}).Bytes(number(2000)).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(reply.error()), "MESSAGE_TOO_LARGE");
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("2003"));
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("1000"));
}

TEST(Sizes, AMessageOfExactlyTheLimitPasses) {
  // Tag and length of the field take three bytes.
  const EchoServer server{{.max_receive_message_bytes = 2003}};
  const EchoClient client = server.client({.max_receive_message_bytes = 2003});
  EXPECT_TRUE(client.Unary(text(std::string(2000, 'x'))).wait());
  EXPECT_FALSE(client.Unary(text(std::string(2001, 'x'))).wait());
}

TEST(FlowControl, ACallerThatDoesNotReadHoldsTheHandlerBack) {
  EchoServer server;
  const EchoClient client = server.client();
  auto call = client.Flood(Text{});
  ASSERT_TRUE(call.read().wait());
  // What fits into windows, socket buffers and the queue; then it stands still.
  std::int64_t before = -1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return std::exchange(before, server.echo().flooded_bytes.load()) == server.echo().flooded_bytes;
  }));
  EXPECT_LT(server.echo().flooded_bytes, 64 * 1024 * 1024);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(call.read().wait());
  EXPECT_TRUE(eventually([&] { return server.echo().flooded_bytes > before; }));
}

TEST(FlowControl, AHandlerThatDoesNotReadHoldsTheCallerBackAndOtherCallsGoOn) {
  EchoServer server;
  const EchoClient client = server.client();
  ClientReaderWriter<Text, Text> stuck{client.channel(), "/test.Echo/Chat", {}};
  const Text large = text(std::string(64 * 1024, 'x'));
  std::atomic<int> written = 0;
  std::thread writer([&] {
    while (stuck.write(large).wait()) ++written;
  });
  int before = -1;
  ASSERT_TRUE(eventually([&] {
    std::this_thread::sleep_for(100ms);
    return written > 0 && std::exchange(before, written.load()) == written;
  }));
  EXPECT_LT(written, 2000);
  const Result<Text> reply = client.Unary(large).wait();
  EXPECT_TRUE(reply) << reply.error().to_string();
  stuck.cancel();
  writer.join();
}

// --- connections
// ---------------------------------------------------------------------------------------------

// Many calls wait for the same connection; whoever hears of its failure first drops all others.
Task<StatusCode> first_of_many(EchoClient client) {
  std::vector<UnaryCall<Text>> calls;
  for (int i = 0; i < 10; ++i) calls.push_back(client.Unary(text("x")));
  const Result<Text> reply = co_await calls.front();
  calls.clear();
  co_return reply ? StatusCode::kOk : reply.error().code();
}

TEST(Connections, ACallThatFailsToConnectMayDropTheOthersThatWait) {
  std::string target;
  {
    const EchoServer gone;
    target = gone.target();
  }
  EXPECT_EQ(first_of_many(EchoClient{Channel::open(target)}).wait(), StatusCode::kUnavailable);
}

TEST(Connections, NobodyListeningIsUnavailableAndNamesTheTarget) {
  std::string target;
  {
    const EchoServer gone;
    target = gone.target();
  }
  const Result<Text> reply = EchoClient{Channel::open(target)}.Unary(Text{}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr(target));
}

TEST(Connections, ATargetThatDoesNotParseIsInvalidArgument) {
  const Result<Text> reply = EchoClient{Channel::open("127.0.0.1:notaport")}.Unary(Text{}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kInvalidArgument);
}

TEST(Connections, WaitForReadyWaitsUntilTheServerIsThere) {
  std::uint16_t port = 0;
  {
    const EchoServer gone;
    port = static_cast<std::uint16_t>(std::stoi(gone.target().substr(gone.target().find(':') + 1)));
  }
  const std::string address = "127.0.0.1:" + std::to_string(port);
  const EchoClient client{Channel::open(address, {.initial_backoff = 20ms, .max_backoff = 20ms})};
  auto waiting = client.Unary(text("patient"), {.timeout = kPatience, .wait_for_ready = true});
  EXPECT_EQ(client.Unary(text("hasty")).wait().error().code(), StatusCode::kUnavailable);
  Server late{{.listen = {address}, .threads = 1}};
  late.add(std::make_shared<testing::Echo>());
  ASSERT_TRUE(late.start());
  const Result<Text> reply = waiting.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "patient");
}

TEST(Connections, AServerThatReturnsIsFoundAgain) {
  auto first = std::make_unique<EchoServer>();
  const std::string target = first->target();
  const EchoClient client{Channel::open(target, {.initial_backoff = 1ms, .max_backoff = 10ms})};
  ASSERT_TRUE(client.Unary(text("before")).wait());
  first.reset();
  Server second{{.listen = {target}, .threads = 1}};
  second.add(std::make_shared<testing::Echo>());
  ASSERT_TRUE(second.start());
  const Result<Text> reply =
      client.Unary(text("after"), {.timeout = kPatience, .wait_for_ready = true}).wait();
  EXPECT_TRUE(reply) << reply.error().to_string();
}

TEST(Connections, UnixSocketsWorkLikeAnyOther) {
  const std::string path = ::testing::TempDir() + "parlance-" + std::to_string(getpid()) + ".sock";
  Server server{{.listen = {"unix:" + path}, .threads = 2}};
  server.add(std::make_shared<testing::Echo>());
  ASSERT_TRUE(server.start());
  const Result<Text> reply = EchoClient{Channel::open("unix:" + path)}.Unary(text("local")).wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "local");
}

// A listener that accepts nothing by itself: what a peer that is no HTTP/2 server looks like.
class SilentPeer {
 public:
  SilentPeer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    require(bind(socket_, reinterpret_cast<sockaddr*>(&address), size) == 0, "SilentPeer: bind");
    require(listen(socket_, 1) == 0, "SilentPeer: listen");
    getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentPeer() { close(socket_); }
  SilentPeer(const SilentPeer&) = delete;
  SilentPeer& operator=(const SilentPeer&) = delete;
  std::string target() const { return "127.0.0.1:" + std::to_string(port_); }
  void accept_and_answer(std::string_view bytes) const {
    const int peer = accept(socket_, nullptr, nullptr);
    EXPECT_EQ(send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
    close(peer);
  }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

TEST(Connections, APeerThatSendsNoSettingsIsUnavailable) {
  const SilentPeer peer;
  const EchoClient client{Channel::open(peer.target(), {.connect_timeout = 50ms})};
  const Result<Text> reply = client.Unary(Text{}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("no HTTP/2 SETTINGS"));
}

TEST(Connections, APeerThatSpeaksHttp1IsUnavailable) {
  const SilentPeer peer;
  const EchoClient client{Channel::open(peer.target())};
  auto call = client.Unary(Text{});
  peer.accept_and_answer("HTTP/1.1 400 Bad Request\r\n\r\n");
  const Result<Text> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(reason_of(reply.error()), "NOT_HTTP2");
}

TEST(Connections, APeerThatVanishesDuringACallIsUnavailable) {
  const SilentPeer peer;
  const EchoClient client{Channel::open(peer.target(), {.enable_retries = false})};
  auto unary = client.Unary(Text{});
  auto stream = client.Flood(Text{});
  peer.accept_and_answer({"\0\0\0\4\0\0\0\0\0", 9});  // SETTINGS, then the end
  for (const Status& status : {unary.wait().error(), stream.finish().wait()}) {
    EXPECT_EQ(status.code(), StatusCode::kUnavailable);
    EXPECT_THAT(reason_of(status), ::testing::AnyOf("CONNECTION_LOST", "CLOSED_BEFORE_SETTINGS"));
  }
}

TEST(Connections, MoreCallsThanTheServersStreamLimitWaitTheirTurn) {
  ServerOptions options;
  options.http2.max_concurrent_streams = 4;
  EchoServer server{std::move(options)};
  const EchoClient client = server.client();
  std::vector<UnaryCall<Text>> calls;
  for (int i = 0; i < 50; ++i) calls.push_back(client.Sleep(number(1)));
  for (auto& call : calls) {
    const Result<Text> reply = call.wait();
    ASSERT_TRUE(reply) << reply.error().to_string();
    EXPECT_EQ(reply->value(), "slept");
  }
}

// --- shutdown
// ------------------------------------------------------------------------------------------------

TEST(Shutdown, LetsOpenCallsFinishAndTakesNoNewOnes) {
  EchoServer server;
  const EchoClient client = server.client();
  auto open = client.Sleep(number(300));
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  server.server().shutdown(kPatience);
  EXPECT_TRUE(server.echo().told_of_shutdown);
  const Result<Text> reply = open.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "slept");
  server.server().wait();
  EXPECT_EQ(client.Unary(Text{}).wait().error().code(), StatusCode::kUnavailable);
}

TEST(Shutdown, WithoutGraceEndsOpenCallsAsUnavailable) {
  EchoServer server;
  const EchoClient client = server.client({.enable_retries = false});
  auto open = client.UntilCancelled(Text{});
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  server.server().shutdown(0ms);
  const Result<Text> reply = open.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_EQ(reason_of(reply.error()), "SERVER_SHUTDOWN");
  server.server().wait();
  EXPECT_EQ(server.echo().cancellations, 1);
}

TEST(Shutdown, OfAnIdleServerIsImmediate) {
  EchoServer server;
  const EchoClient client = server.client();
  ASSERT_TRUE(client.Unary(Text{}).wait());
  server.server().shutdown(std::chrono::hours{1});
  server.server().wait();
}

TEST(Shutdown, AShorterGraceWins) {
  EchoServer server;
  const EchoClient client = server.client();
  auto open = client.UntilCancelled(Text{});
  ASSERT_TRUE(eventually([&] { return server.echo().running == 1; }));
  server.server().shutdown(std::chrono::hours{1});
  server.server().shutdown(1ms);
  EXPECT_EQ(open.wait().error().code(), StatusCode::kUnavailable);
  server.server().wait();
}

// --- starting
// ------------------------------------------------------------------------------------------------

TEST(Start, AnAddressInUseIsUnavailableAndNamed) {
  // A plain listener without SO_REUSEPORT holds the port.
  const EchoServer other;
  Server server{{.listen = {"192.0.2.1:1"}, .threads = 1}};  // TEST-NET-1: nobody's address
  const Result<void> started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{started.error().message()}, HasSubstr("192.0.2.1:1"));
}

TEST(Start, AnAddressThatDoesNotParseIsInvalidArgument) {
  Server server{{.listen = {"nonsense"}, .threads = 1}};
  const Result<void> started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace parlance
