#include "rpc/client_interceptor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"
#include "rpc/in_process.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::EchoClient;
using testing::EchoServer;
using ::testing::ElementsAre;
using testing::eventually;
using testing::Text;
using testing::text;

using Interceptors = std::vector<std::shared_ptr<ClientInterceptor>>;

EchoClient client_of(const EchoServer& server, Interceptors interceptors) {
  return server.client({.enable_retries = false, .interceptors = std::move(interceptors)});
}

/// Notes when it runs and with what status the rest of the call ended.
class Noting final : public ClientInterceptor {
 public:
  Noting(std::string name, std::vector<std::string>& notes) : name_(std::move(name)), notes_(notes) {}
  Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
    notes_.push_back(name_ + " before " + std::string{call.method()});
    Status status = co_await next();
    notes_.push_back(name_ + " after " + std::to_string(static_cast<int>(status.code())));
    co_return status;
  }

 private:
  std::string name_;
  std::vector<std::string>& notes_;
};

TEST(ClientInterceptors, RunAroundACallTheFirstOneOutermost) {
  const EchoServer server;
  std::vector<std::string> notes;
  const EchoClient client =
      client_of(server, {std::make_shared<Noting>("a", notes), std::make_shared<Noting>("b", notes)});
  ASSERT_TRUE(client.Unary(text("hello")).wait());
  EXPECT_THAT(
      notes, ElementsAre("a before /test.Echo/Unary", "b before /test.Echo/Unary", "b after 0", "a after 0"));
}

TEST(ClientInterceptors, RunAroundEveryTypeOfCall) {
  const EchoServer server;
  std::vector<std::string> notes;
  const EchoClient client = client_of(server, {std::make_shared<Noting>("a", notes)});
  auto collect = client.Collect();
  ASSERT_TRUE(collect.write(text("one")).wait());
  EXPECT_EQ(collect.finish().wait()->value(), "one,");
  auto split = client.Split(text("xy"));
  EXPECT_EQ(split.read().wait()->value(), "x");
  EXPECT_EQ(split.read().wait()->value(), "y");
  EXPECT_FALSE(split.read().wait());
  EXPECT_TRUE(split.finish().wait().ok());
  auto chat = client.Chat();
  ASSERT_TRUE(chat.write(text("ping")).wait());
  EXPECT_EQ(chat.read().wait()->value(), "ping");
  chat.writes_done().wait();
  EXPECT_TRUE(chat.finish().wait().ok());
  EXPECT_THAT(notes, ElementsAre("a before /test.Echo/Collect", "a after 0", "a before /test.Echo/Split",
                                 "a after 0", "a before /test.Echo/Chat", "a after 0"));
}

class AddsMetadata final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
    (void)call.request_metadata().add("x-tenant", "blue");
    Status status = co_await next();
    echoed = call.trailing_metadata().get("x-tenant").value_or("nothing");
    peer = call.peer();
    attempts = call.attempts();
    co_return status;
  }

 public:
  std::string echoed;
  std::string peer;
  unsigned attempts = 0;
};

TEST(ClientInterceptors, ChangeMetadataAndSeeTheAnswers) {
  const EchoServer server;
  const auto adds = std::make_shared<AddsMetadata>();
  const EchoClient client = client_of(server, {adds});
  auto call = client.Metadata(Text{});
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.initial_metadata().get("x-tenant"), "blue");
  EXPECT_EQ(adds->echoed, "blue");
  EXPECT_EQ(adds->peer, "ipv4:" + server.target());
  EXPECT_EQ(adds->attempts, 1U);
}

class Rejects final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext&, ClientNext) override {
    co_return Status{StatusCode::kPermissionDenied, "not from here"};
  }
};

TEST(ClientInterceptors, RejectACallBeforeAnythingIsSent) {
  const EchoServer server;
  const EchoClient client = client_of(server, {std::make_shared<Rejects>()});
  EXPECT_EQ(client.Unary(text("hello")).wait().error().code(), StatusCode::kPermissionDenied);
  auto collect = client.Collect();
  (void)collect.write(text("lost")).wait();
  EXPECT_EQ(collect.finish().wait().error().message(), "not from here");
  EXPECT_EQ(client.Chat().finish().wait().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(server.echo().started, 0);
}

class ReplacesStatus final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext&, ClientNext next) override {
    Status status = co_await next();
    co_return status.ok() ? status : Status{StatusCode::kDataLoss, "was " + std::string{status.message()}};
  }
};

TEST(ClientInterceptors, ReplaceTheStatus) {
  const EchoServer server;
  const EchoClient client = client_of(server, {std::make_shared<ReplacesStatus>()});
  const Status status = client.Fail(testing::number(5)).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kDataLoss);
  EXPECT_EQ(status.message(), "was wanted: 100% “so”");
}

class Throws final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext&, ClientNext next) override {
    co_await next();
    throw std::runtime_error("secret");
  }
};

TEST(ClientInterceptors, AnExceptionEndsTheCallAndDoesNotLeak) {
  const EchoServer server;
  const EchoClient client = client_of(server, {std::make_shared<Throws>()});
  const Status status = client.Unary(text("hello")).wait().error();
  EXPECT_EQ(grpc::error_info(status)->reason, "CLIENT_INTERCEPTOR_EXCEPTION");
  EXPECT_EQ(std::string{status.message()}.find("secret"), std::string::npos);
}

/// Upper-cases what is sent and counts what comes. StringValue: tag, length, text.
class Filters final : public ClientInterceptor {
  class Filter final : public ClientMessageFilter {
   public:
    Filter(const ClientNext& next, Filters& of) : ClientMessageFilter(next), of_(of) {}
    Result<Buffer> on_request(Buffer message) override {
      std::string bytes{as_text(message.bytes())};
      for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>(std::toupper(bytes[i]));
      return Buffer::copy_of(as_bytes(bytes));
    }
    Result<Buffer> on_response(Buffer message) override {
      if (as_text(message.bytes()).find("STOP") != std::string_view::npos) {
        return std::unexpected(Status{StatusCode::kAborted, "enough"});
      }
      ++of_.responses;
      return message;
    }

   private:
    Filters& of_;
  };
  Task<Status> intercept(ClientCallContext&, ClientNext next) override {
    Filter filter{next, *this};
    co_return co_await next();
  }

 public:
  std::atomic<int> responses = 0;
};

TEST(ClientInterceptors, FilterMessagesBothWays) {
  const EchoServer server;
  const auto filters = std::make_shared<Filters>();
  const EchoClient client = client_of(server, {filters});
  EXPECT_EQ(client.Unary(text("hello")).wait()->value(), "HELLO");
  auto chat = client.Chat();
  for (const char* word : {"one", "two"}) {
    ASSERT_TRUE(chat.write(text(word)).wait());
    ASSERT_TRUE(chat.read().wait());
  }
  EXPECT_EQ(filters->responses, 3) << "StringValue responses of one unary call and two chat messages";
  ASSERT_TRUE(chat.write(text("stop")).wait());
  EXPECT_FALSE(chat.read().wait());
  EXPECT_EQ(chat.finish().wait().code(), StatusCode::kAborted);
}

/// Keeps the call back until it is told.
class Waits final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext&, ClientNext next) override {
    Status status = co_await next();
    ended_with = status.code();
    co_return status;
  }

 public:
  std::atomic<StatusCode> ended_with = StatusCode::kOk;
};

TEST(ClientInterceptors, SeeACancellationAndADeadline) {
  const EchoServer server;
  const auto waits = std::make_shared<Waits>();
  const EchoClient client = client_of(server, {waits});
  EXPECT_EQ(client.UntilCancelled(Text{}, {.timeout = 20ms}).wait().error().code(),
            StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return waits->ended_with == StatusCode::kDeadlineExceeded; }));
  auto call = client.UntilCancelled(Text{});
  call.cancel();
  EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
}

class LimitsDeadline final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
    call.limit_deadline(Deadline::after(Clock::now(), 20ms));
    co_return co_await next();
  }
};

TEST(ClientInterceptors, MakeTheDeadlineEarlier) {
  const EchoServer server;
  const EchoClient client = client_of(server, {std::make_shared<LimitsDeadline>()});
  EXPECT_EQ(client.UntilCancelled(Text{}).wait().error().code(), StatusCode::kDeadlineExceeded);
}

TEST(InProcess, ChannelsTalkToAServerThatListensNowhere) {
  Server server{{.listen = {}, .threads = 1}};
  server.add(std::make_shared<testing::Echo>());
  ASSERT_TRUE(server.start());
  const EchoClient client{in_process_channel(server)};
  EXPECT_EQ(client.Unary(text("hello")).wait()->value(), "hello");
  EXPECT_EQ(client.Bytes(testing::number(300'000)).wait()->value().size(), 300'000U);
}

}  // namespace
}  // namespace parlance
