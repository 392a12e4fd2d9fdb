// Interceptors of a server around calls of all four types.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <mutex>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::EchoClient;
using testing::EchoServer;
using ::testing::ElementsAre;
using testing::eventually;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::number;
using testing::reason_of;
using testing::Text;
using testing::text;

/// What interceptors saw, in order; read by tests on other threads.
class Journal {
 public:
  void note(std::string entry) {
    const std::lock_guard lock{mutex_};
    entries_.push_back(std::move(entry));
  }
  std::vector<std::string> entries() const {
    const std::lock_guard lock{mutex_};
    return entries_;
  }
  bool holds(std::size_t count) const {
    return eventually([&] { return entries().size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> entries_;
};

std::string outcome(const Status& status) {
  const std::string reason = reason_of(status);
  return std::string{to_string(status.code())} + (reason.empty() ? "" : " " + reason);
}

class Witness final : public ServerInterceptor {
 public:
  explicit Witness(std::string name) : name_(std::move(name)) {}
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    journal.note(name_ + " in " + std::string{call.method()});
    (void)call.initial_metadata().add("x-in", name_);
    Status status = co_await next();
    journal.note(name_ + " out " + outcome(status));
    (void)call.trailing_metadata().add("x-out", name_);
    co_return status;
  }
  Journal journal;

 private:
  std::string name_;
};

class Doorman final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext) override {
    (void)call.trailing_metadata().add("x-door", "closed");
    co_return Status{StatusCode::kPermissionDenied, "not today"};
  }
};

/// Waits before the rest of the call.
class Patient final : public ServerInterceptor {
 public:
  explicit Patient(Duration time) : time_(time) {}
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    journal.note("waits");
    const bool slept = co_await call.sleep_for(time_);
    journal.note(slept ? "slept" : "woken");
    Status status = co_await next();
    journal.note(outcome(status));
    co_return status;
  }
  Journal journal;

 private:
  Duration time_;
};

ServerOptions with(std::vector<std::shared_ptr<ServerInterceptor>> interceptors) {
  return {.interceptors = std::move(interceptors)};
}

std::vector<std::string> read_all(ClientReader<Text>& call) {
  std::vector<std::string> all;
  while (auto message = call.read().wait()) all.push_back(message->value());
  return all;
}

std::vector<std::string_view> out_trailers(const detail::ClientCallBase& call) {
  return call.trailing_metadata().all("x-out");
}

// Two of them around every type; both see the call, the first outermost.

struct Nested {
  std::shared_ptr<Witness> outer = std::make_shared<Witness>("outer");
  std::shared_ptr<Witness> inner = std::make_shared<Witness>("inner");
  EchoServer server{with({outer, inner})};
  EchoClient client = server.client();
};

TEST(Interceptors, RunAroundAUnaryCall) {
  const Nested nested;
  auto call = nested.client.Unary(text("hello"));
  const Result<Text> reply = call.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "hello");
  EXPECT_THAT(call.initial_metadata().all("x-in"), ElementsAre("outer", "inner"));
  EXPECT_THAT(out_trailers(call), ElementsAre("inner", "outer"));
  EXPECT_THAT(nested.outer->journal.entries(), ElementsAre("outer in /test.Echo/Unary", "outer out OK"));
}

TEST(Interceptors, RunAroundAClientStreamingCall) {
  const Nested nested;
  auto call = nested.client.Collect();
  for (const char* word : {"a", "b"}) EXPECT_TRUE(call.write(text(word)).wait());
  const Result<Text> reply = call.finish().wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "a,b,");
  EXPECT_THAT(out_trailers(call), ElementsAre("inner", "outer"));
}

TEST(Interceptors, RunAroundAServerStreamingCall) {
  const Nested nested;
  auto call = nested.client.Split(text("ab"));
  EXPECT_THAT(read_all(call), ElementsAre("a", "b"));
  EXPECT_TRUE(call.finish().wait().ok());
  EXPECT_THAT(call.initial_metadata().all("x-in"), ElementsAre("outer", "inner"));
  EXPECT_THAT(out_trailers(call), ElementsAre("inner", "outer"));
}

TEST(Interceptors, RunAroundABidirectionalCall) {
  const Nested nested;
  auto call = nested.client.Chat();
  for (const char* word : {"a", "b"}) {
    EXPECT_TRUE(call.write(text(word)).wait());
    EXPECT_EQ(call.read().wait()->value(), word);
  }
  call.writes_done().wait();
  EXPECT_FALSE(call.read().wait());
  EXPECT_TRUE(call.finish().wait().ok());
  EXPECT_THAT(out_trailers(call), ElementsAre("inner", "outer"));
}

TEST(Interceptors, ThatWaitHoldTheCallBackAndLoseNothing) {
  const auto patient = std::make_shared<Patient>(5ms);
  const EchoServer server{with({patient})};
  const EchoClient client = server.client();
  EXPECT_EQ(client.Unary(text("hello")).wait()->value(), "hello");
  auto collect = client.Collect();
  for (const char* word : {"a", "b"}) EXPECT_TRUE(collect.write(text(word)).wait());
  EXPECT_EQ(collect.finish().wait()->value(), "a,b,");
  auto split = client.Split(text("ab"));
  EXPECT_THAT(read_all(split), ElementsAre("a", "b"));
  auto chat = client.Chat();
  EXPECT_TRUE(chat.write(text("x")).wait());
  EXPECT_EQ(chat.read().wait()->value(), "x");
  chat.writes_done().wait();
  EXPECT_TRUE(chat.finish().wait().ok());
}

// --- rejecting

TEST(Interceptors, RejectACallBeforeItsHandlerStarts) {
  const EchoServer server{with({std::make_shared<Doorman>()})};
  const EchoClient client = server.client();
  auto call = client.Unary(text("hello"));
  const Result<Text> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(reply.error().message(), "not today");
  EXPECT_EQ(call.trailing_metadata().get("x-door"), "closed");
  EXPECT_EQ(client.Split(text("ab")).finish().wait().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(client.Chat().finish().wait().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(server.echo().started, 0);
}

TEST(Interceptors, RejectAStreamWhoseBodyNeverEnds) {
  const EchoServer server{with({std::make_shared<Doorman>()})};
  const EchoClient client = server.client();
  // Far more than a window on one connection: what is not read must not starve the calls after it.
  for (int round = 0; round < 30; ++round) {
    auto call = client.Collect();
    while (call.write(text(std::string(16 * 1024, 'b'))).wait()) {
    }
    EXPECT_EQ(call.finish().wait().error().code(), StatusCode::kPermissionDenied);
  }
  EXPECT_EQ(server.echo().started, 0);
}

class Replacing final : public ServerInterceptor {
 public:
  explicit Replacing(Status status, bool asks = true) : status_(std::move(status)), asks_(asks) {}
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    if (asks_) journal.note(outcome(co_await next()));
    co_return status_;
  }
  Journal journal;

 private:
  const Status status_;
  const bool asks_;
};

TEST(Interceptors, ReplaceTheStatusOfACallThatWentWell) {
  const auto replacing = std::make_shared<Replacing>(Status{StatusCode::kDataLoss, "second thoughts"});
  const EchoServer server{with({replacing})};
  const Result<Text> reply = server.client().Unary(text("hello")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().message(), "second thoughts");
  EXPECT_THAT(replacing->journal.entries(), ElementsAre("OK"));
}

TEST(Interceptors, CannotAnswerOkWithoutAResponse) {
  const EchoServer server{with({std::make_shared<Replacing>(Status{}, false)})};
  const EchoClient client = server.client();
  EXPECT_EQ(reason_of(client.Unary(text("hello")).wait().error()), "INTERCEPTOR_WITHOUT_RESPONSE");
  EXPECT_EQ(reason_of(client.Collect().finish().wait().error()), "INTERCEPTOR_WITHOUT_RESPONSE");
  auto stream = client.Split(text("ab"));
  EXPECT_THAT(read_all(stream), IsEmpty());
  EXPECT_TRUE(stream.finish().wait().ok());
}

// --- what else a call may come to

TEST(Interceptors, SeeTheStatusOfAHandlerThatThrows) {
  const Nested nested;
  const Result<Text> reply = nested.client.Throw(text("the secret")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reason_of(reply.error()), "HANDLER_EXCEPTION");
  EXPECT_THAT(nested.outer->journal.entries(),
              ElementsAre("outer in /test.Echo/Throw", "outer out UNKNOWN HANDLER_EXCEPTION"));
}

class Throwing final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    (void)co_await next();
    throw std::runtime_error("of the interceptor");
  }
};

TEST(Interceptors, ThatThrowFailTheirCallAndTheReasonIsLogged) {
  const EchoServer server{with({std::make_shared<Throwing>()})};
  const Result<Text> reply = server.client().Unary(text("hello")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reason_of(reply.error()), "INTERCEPTOR_EXCEPTION");
  EXPECT_THAT(reply.error().message(), ::testing::Not(HasSubstr("of the interceptor")));
  EXPECT_THAT(server.log(), HasSubstr("of the interceptor"));
}

TEST(Interceptors, SeeTheirCallersAskForMethodsThatDoNotExist) {
  const Nested nested;
  UnaryCall<Text> call{nested.client.channel(), "/test.Echo/Nothing", text("hello"), CallOptions{}};
  const Result<Text> reply = call.wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reason_of(reply.error()), "UNKNOWN_METHOD");
  EXPECT_THAT(out_trailers(call), ElementsAre("inner", "outer"));
  EXPECT_THAT(nested.outer->journal.entries(),
              ElementsAre("outer in /test.Echo/Nothing", "outer out UNIMPLEMENTED UNKNOWN_METHOD"));
}

TEST(Interceptors, SeeARequestWithTooManyMessages) {
  const Nested nested;
  ClientReaderWriter<Text, Text> call{nested.client.channel(), "/test.Echo/Unary", CallOptions{}};
  EXPECT_TRUE(call.write(text("one")).wait());
  EXPECT_TRUE(call.write(text("two")).wait());
  call.writes_done().wait();
  EXPECT_EQ(reason_of(call.finish().wait()), "REQUEST_NOT_SINGLE");
  EXPECT_THAT(nested.inner->journal.entries(),
              ElementsAre("inner in /test.Echo/Unary", "inner out UNIMPLEMENTED REQUEST_NOT_SINGLE"));
}

TEST(Interceptors, SeeARequestBeyondTheMessageLimit) {
  const auto witness = std::make_shared<Witness>("w");
  const EchoServer server{{.interceptors = {witness}, .max_receive_message_bytes = 100}};
  const EchoClient client = server.client();
  EXPECT_EQ(reason_of(client.Unary(text(std::string(200, 'b'))).wait().error()), "MESSAGE_TOO_LARGE");
  auto collect = client.Collect();
  (void)collect.write(text(std::string(200, 'b'))).wait();
  EXPECT_EQ(reason_of(collect.finish().wait().error()), "MESSAGE_TOO_LARGE");
  ASSERT_TRUE(witness->journal.holds(4));
  EXPECT_EQ(witness->journal.entries()[1], "w out RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE");
  EXPECT_EQ(witness->journal.entries()[3], "w out RESOURCE_EXHAUSTED MESSAGE_TOO_LARGE");
}

// --- while it waits

TEST(Interceptors, AreWokenWhenTheDeadlinePassesAndLearnIt) {
  const auto patient = std::make_shared<Patient>(1h);
  const EchoServer server{with({patient})};
  const Result<Text> reply = server.client().Unary(text("hello"), {.timeout = 20ms}).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(patient->journal.holds(3));
  EXPECT_THAT(patient->journal.entries()[1], "woken");
  EXPECT_THAT(patient->journal.entries()[2],
              ::testing::AnyOf("DEADLINE_EXCEEDED DEADLINE_EXCEEDED", "CANCELLED CALLER_LEFT"));
  EXPECT_EQ(server.echo().started, 0);
}

TEST(Interceptors, AreWokenWhenTheCallerLeavesAndTheHandlerNeverStarts) {
  const auto patient = std::make_shared<Patient>(1h);
  const EchoServer server{with({patient})};
  const EchoClient client = server.client();
  {
    auto call = client.Unary(text("hello"));
    auto stream = client.Chat();
    ASSERT_TRUE(patient->journal.holds(2));
  }
  ASSERT_TRUE(patient->journal.holds(6));
  const auto entries = patient->journal.entries();
  EXPECT_EQ(std::ranges::count(entries, "woken"), 2);
  EXPECT_EQ(std::ranges::count(entries, "CANCELLED CALLER_LEFT"), 2);
  EXPECT_EQ(server.echo().started, 0);
}

TEST(Interceptors, LearnThatTheCallerLeftWhileTheRequestWasUnderWay) {
  const Nested nested;
  {
    ClientReaderWriter<Text, Text> call{nested.client.channel(), "/test.Echo/Unary", CallOptions{}};
    EXPECT_TRUE(call.write(text("one")).wait());
    ASSERT_TRUE(nested.inner->journal.holds(1));
  }
  ASSERT_TRUE(nested.outer->journal.holds(2));
  EXPECT_EQ(nested.outer->journal.entries()[1], "outer out CANCELLED CALLER_LEFT");
}

TEST(Interceptors, LearnThatTheCallerLeftWhenTheHandlerHasEnded) {
  const Nested nested;
  {
    auto call = nested.client.UntilCancelled(text("hello"));
    ASSERT_TRUE(eventually([&] { return nested.server.echo().running == 1; }));
  }
  ASSERT_TRUE(nested.outer->journal.holds(2));
  EXPECT_EQ(nested.outer->journal.entries()[1], "outer out CANCELLED CALLER_LEFT");
  EXPECT_EQ(nested.server.echo().running, 0);
}

TEST(Interceptors, LearnOfTheDeadlineThatEndedTheHandler) {
  const Nested nested;
  const Result<Text> reply = nested.client.UntilCancelled(text("hello"), {.timeout = 500ms}).wait();
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(nested.outer->journal.holds(2));
  EXPECT_EQ(nested.server.echo().running, 0);
}

TEST(Interceptors, AreEndedByAShutdown) {
  const auto patient = std::make_shared<Patient>(1h);
  EchoServer server{with({patient})};
  const EchoClient client = server.client({.enable_retries = false});
  auto call = client.Unary(text("hello"));
  ASSERT_TRUE(patient->journal.holds(1));
  server.server().shutdown(0ms);
  EXPECT_EQ(reason_of(call.wait().error()), "SERVER_SHUTDOWN");
  server.server().wait();
  EXPECT_THAT(patient->journal.entries(), ElementsAre("waits", "woken", "UNAVAILABLE SERVER_SHUTDOWN"));
}

// --- metadata and attributes

struct Caller {
  std::string name;
};

class Naming final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    call.attributes().set(Caller{"nobody"});
    call.attributes().set(Caller{"alice"});
    call.attributes().set(42);
    (void)next.request_metadata().add("x-caller", "alice");
    return next();
  }
};

class Asking final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    const ServerCall& seen = call;
    journal.note(seen.attributes().find<Caller>()->name);
    journal.note(std::to_string(*seen.attributes().find<int>()));
    journal.note(seen.attributes().find<double>() == nullptr ? "none" : "some");
    return next();
  }
  Journal journal;
};

TEST(Interceptors, HandMetadataAndAttributesOnToTheRestOfTheCall) {
  const auto asking = std::make_shared<Asking>();
  const EchoServer server{with({std::make_shared<Naming>(), asking})};
  auto call = server.client().Metadata(text(""));
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.trailing_metadata().get("x-caller"), "alice");
  EXPECT_THAT(asking->journal.entries(), ElementsAre("alice", "42", "none"));
}

// --- messages

/// Shouts at the handler and whispers to the caller; refuses what holds "no".
class Megaphone final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    Filter filter{next};
    Status status = co_await next();
    co_return status;
  }

 private:
  static Buffer edit(const Buffer& message, int (*letter)(int)) {
    Text parsed;
    parsed.ParseFromString(std::string{message.text()});
    std::ranges::transform(*parsed.mutable_value(), parsed.mutable_value()->begin(), letter);
    return Buffer::adopt(parsed.SerializeAsString());
  }

  struct Filter final : MessageFilter {
    explicit Filter(const ServerNext& next) : MessageFilter(next) {}
    Result<Buffer> on_request(Buffer message) override {
      if (message.text().find("no") != std::string_view::npos) return refusal("request");
      return edit(message, std::toupper);
    }
    Result<Buffer> on_response(Buffer message) override {
      if (message.text().find("NEVER") != std::string_view::npos) return refusal("response");
      Buffer quiet = edit(message, std::tolower);
      return Buffer::adopt(std::string{quiet.text()});
    }
    static std::unexpected<Status> refusal(std::string what) {
      return std::unexpected(Status{StatusCode::kInvalidArgument, std::move(what)});
    }
  };
};

/// Says what the handler saw.
class Ear final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    Filter filter{next, journal};
    Status status = co_await next();
    co_return status;
  }
  Journal journal;

 private:
  struct Filter final : MessageFilter {
    Filter(const ServerNext& next, Journal& journal_) : MessageFilter(next), journal(journal_) {}
    Result<Buffer> on_request(Buffer message) override {
      journal.note("request " + std::string{message.text().substr(2)});
      return message;
    }
    Result<Buffer> on_response(Buffer message) override {
      journal.note("response " + std::string{message.text().substr(2)});
      return message;
    }
    Journal& journal;
  };
};

struct Filtered {
  std::shared_ptr<Ear> ear = std::make_shared<Ear>();
  EchoServer server{with({std::make_shared<Megaphone>(), ear})};
  EchoClient client = server.client();
};

TEST(MessageFilter, ReplacesTheMessagesOfAUnaryCall) {
  const Filtered filtered;
  EXPECT_EQ(filtered.client.Unary(text("Hello")).wait()->value(), "hello");
  EXPECT_THAT(filtered.ear->journal.entries(), ElementsAre("request HELLO", "response HELLO"));
}

TEST(MessageFilter, ReplacesTheMessagesOfEveryStream) {
  const Filtered filtered;
  auto collect = filtered.client.Collect();
  for (const char* word : {"a", "b"}) EXPECT_TRUE(collect.write(text(word)).wait());
  EXPECT_EQ(collect.finish().wait()->value(), "a,b,");
  auto split = filtered.client.Split(text("ab"));
  EXPECT_THAT(read_all(split), ElementsAre("a", "b"));
  auto chat = filtered.client.Chat();
  EXPECT_TRUE(chat.write(text("x")).wait());
  EXPECT_EQ(chat.read().wait()->value(), "x");
  chat.writes_done().wait();
  EXPECT_TRUE(chat.finish().wait().ok());
  EXPECT_THAT(filtered.ear->journal.entries(),
              ElementsAre("request A", "request B", "response A,B,", "request AB", "response A", "response B",
                          "request X", "response X"));
}

TEST(MessageFilter, SeesCompressedMessagesDecompressed) {
  const Filtered filtered;
  const Result<Text> reply = filtered.client.Unary(text("Hello"), {.compression = Encoding::kGzip}).wait();
  EXPECT_EQ(reply->value(), "hello");
  EXPECT_EQ(filtered.ear->journal.entries()[0], "request HELLO");
}

TEST(MessageFilter, RefusesARequestBeforeTheHandlerGetsIt) {
  const Filtered filtered;
  EXPECT_EQ(filtered.client.Unary(text("no")).wait().error().message(), "request");
  EXPECT_EQ(filtered.client.Split(text("no")).finish().wait().message(), "request");
  EXPECT_EQ(filtered.server.echo().started, 0);
  auto chat = filtered.client.Chat();
  EXPECT_TRUE(chat.write(text("yes")).wait());
  EXPECT_EQ(chat.read().wait()->value(), "yes");
  EXPECT_TRUE(chat.write(text("no")).wait());
  EXPECT_FALSE(chat.read().wait());
  EXPECT_EQ(chat.finish().wait().message(), "request");
  EXPECT_TRUE(eventually([&] { return filtered.server.echo().running == 0; }));
}

TEST(MessageFilter, RefusesAResponse) {
  const Filtered filtered;
  EXPECT_EQ(filtered.client.Unary(text("never")).wait().error().message(), "response");
  auto chat = filtered.client.Chat();
  EXPECT_TRUE(chat.write(text("never")).wait());
  EXPECT_FALSE(chat.read().wait());
  EXPECT_EQ(chat.finish().wait().message(), "response");
  EXPECT_TRUE(eventually([&] { return filtered.server.echo().running == 0; }));
}

// --- what hops spend

TEST(Hops, ACallerThatAsksIsToldWhatTheServerSpent) {
  const EchoServer server;
  Metadata ask;
  ASSERT_TRUE(ask.add("x-parlance-hops", "1"));
  auto call = server.client().Unary(text("hello"), {.metadata = &ask});
  ASSERT_TRUE(call.wait());
  const auto hop = call.trailing_metadata().get("x-parlance-hops");
  ASSERT_TRUE(hop);
  EXPECT_THAT(std::string{*hop}, ::testing::MatchesRegex(R"(/test\.Echo/Unary [0-9]+\.[0-9][0-9]ms)"));
}

TEST(Hops, NobodyElseIsTold) {
  const EchoServer server;
  auto call = server.client().Unary(text("hello"));
  ASSERT_TRUE(call.wait());
  EXPECT_FALSE(call.trailing_metadata().get("x-parlance-hops"));
}

class Downstream final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    for (std::size_t i = 0; i < ServerCall::kMaxHops + 10; ++i) call.add_hop("/below 1.00ms");
    call.add_hop("not\nmetadata");
    return next();
  }
};

TEST(Hops, ThoseBelowComeFirstAndAreBounded) {
  const EchoServer server{with({std::make_shared<Downstream>()})};
  Metadata ask;
  ASSERT_TRUE(ask.add("x-parlance-hops", "1"));
  auto call = server.client().Unary(text("hello"), {.metadata = &ask});
  ASSERT_TRUE(call.wait());
  const auto hops = call.trailing_metadata().all("x-parlance-hops");
  ASSERT_EQ(hops.size(), ServerCall::kMaxHops + 1);
  EXPECT_EQ(hops.front(), "/below 1.00ms");
  EXPECT_TRUE(hops.back().starts_with("/test.Echo/Unary "));
}

}  // namespace
}  // namespace parlance
