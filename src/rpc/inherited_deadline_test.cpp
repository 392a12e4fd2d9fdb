// Calls made by handlers: they end with the call they are made for, hop after hop.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {

// Passes what it is asked on to the next server.
class Relay final : public Service {
 public:
  explicit Relay(Channel next) : next_(std::move(next)) {}

  std::string_view full_name() const override {
    return "test.Echo";
  }  // stands in for an Echo, so relays chain
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("Remaining", *this, &Relay::Remaining));
    methods.push_back(bind_unary("UntilCancelled", *this, &Relay::UntilCancelled));
    methods.push_back(bind_unary("Unary", *this, &Relay::Detached));
    methods.push_back(bind_unary("Metadata", *this, &Relay::PassOn));
    return methods;
  }

  std::atomic<int> ended_with_parent = 0;

 private:
  // After an await, so that what is inherited survives a suspension.
  Task<Result<Number>> Remaining(ServerCall& call, Incoming<Text> request) {
    co_await call.sleep_for(std::chrono::milliseconds{1});
    co_return co_await next_.Remaining(*request);
  }

  Task<Result<Text>> UntilCancelled(ServerCall&, Incoming<Text> request) {
    Result<Text> reply = co_await next_.UntilCancelled(*request);
    const auto info = reply ? std::nullopt : grpc::error_info(reply.error());
    if (info && info->reason == "PARENT_CANCELLED") ++ended_with_parent;
    co_return reply;
  }

  // As an interceptor would: whatever trace the caller names goes on to the next server.
  Task<Result<Text>> PassOn(ServerCall& call, Incoming<Text> request) {
    if (const auto trace = call.request_metadata().get("x-trace-id")) {
      (void)call.propagated_metadata().add("x-trace-id", *trace);
    }
    auto below = next_.Metadata(*request);
    Result<Text> reply = co_await below;
    (void)call.trailing_metadata().add("x-seen-below",
                                       below.trailing_metadata().get("x-trace-id").value_or("none"));
    co_return reply;
  }

  // Waits for its own end, then for an answer that nobody waits for.
  Task<Result<Text>> Detached(ServerCall& call, Incoming<Text>) {
    auto reply = next_.Sleep(number(50), detach());
    co_await call.sleep_for(std::chrono::hours{1});
    const Result<Text> late = co_await reply;
    if (late) detached_answers.fetch_add(1);
    co_return late;
  }

  EchoClient next_;

 public:
  std::atomic<int> detached_answers = 0;
};

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class RelayServer {
 public:
  explicit RelayServer(Channel next, ServerOptions options = {})
      : relay_(std::make_shared<Relay>(std::move(next))) {
    options.listen = {"127.0.0.1:0"};
    options.threads = 1;
    server_ = std::make_unique<Server>(std::move(options));
    server_->add(relay_);
    require(server_->start().has_value(), "RelayServer: cannot start");
  }
  Channel open() const { return Channel::open("127.0.0.1:" + std::to_string(server_->ports().front())); }
  EchoClient client() const { return EchoClient{open()}; }
  Relay& relay() { return *relay_; }

 private:
  std::shared_ptr<Relay> relay_;
  std::unique_ptr<Server> server_;
};

TEST(InheritedDeadline, ReachesTheLastOfThreeServersLessAMarginAHop) {
  const EchoServer last;
  const RelayServer middle{last.open()};
  const RelayServer first{middle.open()};
  const Result<Number> remaining = first.client().Remaining(text(""), {.timeout = seconds{100}}).wait();
  ASSERT_TRUE(remaining) << remaining.error().to_string();
  EXPECT_LE(remaining->value(), 100'000 - 2 * 5);
  EXPECT_GT(remaining->value(), 0);
}

TEST(InheritedDeadline, IsNoneWhenTheCallerSetNone) {
  const EchoServer last;
  const RelayServer first{last.open()};
  EXPECT_EQ(first.client().Remaining(text("")).wait()->value(), -1);
}

TEST(InheritedDeadline, OfTheServersOwnMakingIsInheritedToo) {
  const EchoServer last;
  const RelayServer by_default{last.open(), {.default_timeout = seconds{50}}};
  const std::int64_t remaining = by_default.client().Remaining(text("")).wait()->value();
  EXPECT_LE(remaining, 50'000);
  EXPECT_GT(remaining, 0);
  const RelayServer at_most{last.open(), {.max_timeout = seconds{20}}};
  EXPECT_LE(at_most.client().Remaining(text(""), {.timeout = seconds{100}}).wait()->value(), 20'000);
}

TEST(InheritedCancellation, ReachesTheLastOfThreeServers) {
  EchoServer last;
  RelayServer middle{last.open()};
  RelayServer first{middle.open()};
  const EchoClient client = first.client();
  auto call = client.UntilCancelled(text(""));
  ASSERT_TRUE(eventually([&] { return last.echo().running == 1; }));
  call.cancel();
  EXPECT_EQ(call.wait().error().code(), StatusCode::kCancelled);
  EXPECT_TRUE(eventually([&] { return last.echo().cancellations == 1; }));
  EXPECT_TRUE(eventually([&] { return middle.relay().ended_with_parent == 1; }));
  EXPECT_TRUE(eventually([&] { return first.relay().ended_with_parent == 1; }));
}

TEST(InheritedCancellation, ComesWithTheDeadlineAsWell) {
  EchoServer last;
  RelayServer first{last.open()};
  const Result<Text> reply = first.client().UntilCancelled(text(""), {.timeout = milliseconds{50}}).wait();
  EXPECT_EQ(reply.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return last.echo().cancellations == 1; }));
}

TEST(DetachedCall, OutlivesTheCallItWasMadeFor) {
  const EchoServer last;
  RelayServer first{last.open()};
  auto call = first.client().Unary(text(""), {.timeout = milliseconds{20}});
  EXPECT_EQ(call.wait().error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(eventually([&] { return first.relay().detached_answers == 1; }));
}

TEST(HopsOfAChain, EachServerTellsWhatItSpentTheDeepestFirst) {
  const EchoServer last;
  const RelayServer middle{last.open()};
  const RelayServer first{middle.open()};
  Metadata ask;
  ASSERT_TRUE(ask.add(ServerCall::kHopsName, "1"));
  auto call = first.client().Remaining(Text{}, {.metadata = &ask});
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.trailing_metadata().all(ServerCall::kHopsName).size(), 3U);
  auto quiet = first.client().Remaining(Text{});
  ASSERT_TRUE(quiet.wait());
  EXPECT_TRUE(quiet.trailing_metadata().all(ServerCall::kHopsName).empty());
}

TEST(PropagatedMetadata, GoWithTheCallsThatAHandlerMakes) {
  const EchoServer last;
  const RelayServer first{last.open()};
  Metadata metadata;
  ASSERT_TRUE(metadata.add("x-trace-id", "abc"));
  auto call = first.client().Metadata(Text{}, {.metadata = &metadata});
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.trailing_metadata().get("x-seen-below"), "abc");
}

}  // namespace
}  // namespace parlance::testing
