// Channels to several servers: resolvers, policies and connectivity over real connections.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <thread>

#include "grpc/error_details.h"
#include "net/testing/dns_server.h"
#include "rpc/echo_test_support.h"

namespace parlance {
namespace {

using namespace std::chrono_literals;
using testing::Echo;
using testing::EchoClient;
using testing::EchoServer;
using testing::eventually;
using ::testing::HasSubstr;
using testing::number;
using testing::Text;
using testing::text;

Deadline patience() { return Deadline::after(Clock::now(), 30s); }

ChannelOptions with_config(std::string_view json) {
  auto config = ServiceConfig::parse(json);
  require(config.has_value(), config.has_value() ? "" : config.error().c_str());
  return {.initial_backoff = 20ms, .max_backoff = 50ms, .service_config = *std::move(config)};
}

std::string list_of(std::initializer_list<const EchoServer*> servers) {
  std::string target = "ipv4:";
  for (const EchoServer* server : servers) {
    if (target.back() != ':') target += ",";
    target += server->target();
  }
  return target;
}

/// How many of `count` calls each server answered.
std::map<std::string, int> spread(const EchoClient& client, int count) {
  std::map<std::string, int> answered;
  for (int i = 0; i < count; ++i) {
    auto call = client.Unary(text("hello"));
    const Result<Text> reply = call.wait();
    ++answered[reply ? std::string{call.peer()} : reply.error().to_string()];
  }
  return answered;
}

constexpr std::string_view kRoundRobin = R"({"loadBalancingConfig": [{"round_robin": {}}]})";

TEST(PickFirstChannel, StaysWithOneServerAndGoesToTheNextWhenItIsGone) {
  auto first = std::make_unique<EchoServer>();
  const EchoServer second;
  const EchoClient client{Channel::open(list_of({first.get(), &second}))};
  EXPECT_EQ(spread(client, 5), (std::map<std::string, int>{{"ipv4:" + first->target(), 5}}));
  first.reset();
  EXPECT_EQ(spread(client, 5), (std::map<std::string, int>{{"ipv4:" + second.target(), 5}}));
}

TEST(RoundRobinChannel, GivesEveryServerItsShare) {
  const EchoServer one;
  const EchoServer two;
  const EchoServer three;
  const EchoClient client{Channel::open(list_of({&one, &two, &three}), with_config(kRoundRobin))};
  ASSERT_TRUE(eventually([&] { return spread(client, 3).size() == 3; }));
  const std::map<std::string, int> even{
      {"ipv4:" + one.target(), 10}, {"ipv4:" + two.target(), 10}, {"ipv4:" + three.target(), 10}};
  EXPECT_EQ(spread(client, 30), even);
}

TEST(RoundRobinChannel, LeavesOutAServerThatIsGoneAndFindsOneThatReturns) {
  const EchoServer one;
  auto two = std::make_unique<EchoServer>();
  const EchoClient client{Channel::open(list_of({&one, two.get()}), with_config(kRoundRobin))};
  ASSERT_TRUE(eventually([&] { return spread(client, 2).size() == 2; }));
  const std::string address = two->target();
  two.reset();
  ASSERT_TRUE(eventually(
      [&] { return spread(client, 4) == std::map<std::string, int>{{"ipv4:" + one.target(), 4}}; }));
  Server again{{.listen = {address}, .threads = 1}};
  again.add(std::make_shared<Echo>());
  ASSERT_TRUE(again.start());
  EXPECT_TRUE(eventually([&] { return spread(client, 2).size() == 2; }));
}

TEST(LeastRequestChannel, AvoidsTheServerThatIsBusy) {
  const EchoServer one;
  const EchoServer two;
  const EchoClient client{Channel::open(
      list_of({&one, &two}),
      with_config(R"({"loadBalancingConfig": [{"least_request_experimental": {"choiceCount": 10}}]})"))};
  ASSERT_TRUE(eventually([&] { return spread(client, 2).size() == 2; }));
  auto busy = client.UntilCancelled(Text{});
  ASSERT_TRUE(eventually([&] { return one.echo().running + two.echo().running == 1; }));
  const EchoServer& idle = one.echo().running == 1 ? two : one;
  EXPECT_EQ(spread(client, 20), (std::map<std::string, int>{{"ipv4:" + idle.target(), 20}}));
}

TEST(RingHashChannel, SendsCallsOfOneKeyToOneServer) {
  const EchoServer one;
  const EchoServer two;
  const EchoServer three;
  const EchoClient client{Channel::open(
      list_of({&one, &two, &three}),
      with_config(
          R"({"loadBalancingConfig": [{"ring_hash_experimental": {"requestHashHeader": "x-user"}}]})"))};
  std::map<std::string, std::string> server_of;
  for (int round = 0; round < 3; ++round) {
    for (int user = 0; user < 20; ++user) {
      Metadata metadata;
      const std::string name = "user-" + std::to_string(user);
      ASSERT_TRUE(metadata.add("x-user", name));
      auto call = client.Unary(text("hello"), {.metadata = &metadata});
      ASSERT_TRUE(call.wait());
      const auto [known, is_new] = server_of.emplace(name, call.peer());
      EXPECT_EQ(known->second, call.peer()) << name;
    }
  }
  std::map<std::string, int> users;
  for (const auto& [name, server] : server_of) ++users[server];
  EXPECT_GT(users.size(), 1U);
}

TEST(Subchannel, OpensAnotherConnectionWhenEachIsFullOfStreams) {
  const EchoServer server{{.threads = 1, .http2 = {.max_concurrent_streams = 2}}};
  const EchoClient client = server.client();
  ASSERT_TRUE(client.Unary(text("hello")).wait());
  std::vector<UnaryCall<Text>> calls;
  for (int i = 0; i < 7; ++i) calls.push_back(client.UntilCancelled(Text{}));
  EXPECT_TRUE(eventually([&] { return server.echo().running == 7; }));
}

TEST(Subchannel, KeepsToTheConnectionsThatTheConfigAllows) {
  const EchoServer server{{.threads = 1, .http2 = {.max_concurrent_streams = 2}}};
  const EchoClient client{
      server.open(with_config(R"({"connectionScaling": {"maxConnectionsPerSubchannel": 1}})"))};
  ASSERT_TRUE(client.Unary(text("hello")).wait());
  std::vector<UnaryCall<Text>> calls;
  for (int i = 0; i < 3; ++i) calls.push_back(client.UntilCancelled(Text{}));
  ASSERT_TRUE(eventually([&] { return server.echo().running == 2; }));
  EXPECT_EQ(client.Unary(text("hello"), {.timeout = 50ms}).wait().error().code(),
            StatusCode::kDeadlineExceeded);
  EXPECT_EQ(server.echo().running, 2);
}

/// Two servers on one port of two addresses, which a name in DNS stands for.
struct Named {
  Named() {
    first = serve("127.0.0.1:0");
    port = first->ports().front();
    second = serve("127.0.0.2:" + std::to_string(port));
    dns.add_address("models.test", "127.0.0.1", 0);
    dns.add_address("models.test", "127.0.0.2", 0);
  }
  std::unique_ptr<Server> serve(const std::string& address) const {
    auto server = std::make_unique<Server>(ServerOptions{.listen = {address}, .threads = 1});
    server->add(std::make_shared<Echo>());
    require(server->start().has_value(), "cannot start");
    return server;
  }
  std::string target() const { return "dns://" + dns.address() + "/models.test:" + std::to_string(port); }

  net::testing::DnsServer dns;
  std::uint16_t port = 0;
  std::unique_ptr<Server> first;
  std::unique_ptr<Server> second;
};

TEST(DnsChannel, UsesEveryAddressOfTheName) {
  const Named named;
  const EchoClient client{Channel::open(named.target(), with_config(kRoundRobin))};
  EXPECT_TRUE(eventually([&] { return spread(client, 4).size() == 2; }));
}

TEST(DnsChannel, LooksAgainWhenTheTimeToLiveHasPassed) {
  Named named;
  ChannelOptions options = with_config(kRoundRobin);
  options.min_resolution_interval = 10ms;
  const EchoClient client{Channel::open(named.target(), options)};
  ASSERT_TRUE(eventually([&] { return spread(client, 4).size() == 2; }));
  named.dns.remove("models.test");
  named.dns.add_address("models.test", "127.0.0.2", 0);
  const std::string left = "ipv4:127.0.0.2:" + std::to_string(named.port);
  EXPECT_TRUE(eventually([&] { return spread(client, 4) == std::map<std::string, int>{{left, 4}}; }));
}

TEST(DnsChannel, TakesTheConfigOfTheNameWhenItIsToldTo) {
  Named named;
  named.dns.add_txt("_grpc_config.models.test",
                    {R"(grpc_config=[{"clientLanguage": ["java"], "serviceConfig": {}}, )",
                     R"({"serviceConfig": {"loadBalancingConfig": [{"round_robin": {}}]}}])"});
  const EchoClient with{Channel::open(named.target(), {.service_config_from_dns = true})};
  EXPECT_TRUE(eventually([&] { return spread(with, 4).size() == 2; }));
  const EchoClient without{Channel::open(named.target())};
  EXPECT_EQ(spread(without, 8).size(), 1U);
}

TEST(DnsChannel, ANameThatDoesNotExistIsUnavailableAndSaysSo) {
  const Named named;
  const EchoClient client{Channel::open("dns://" + named.dns.address() + "/nobody.test:1")};
  const Status status = client.Unary(Text{}).wait().error();
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(grpc::error_info(status)->reason, "NAME_RESOLUTION_FAILED");
  EXPECT_THAT(std::string{status.message()}, HasSubstr("NXDOMAIN"));
}

TEST(DnsChannel, ACallThatWaitsForReadyWaitsForTheNameToo) {
  Named named;
  named.dns.remove("models.test");
  ChannelOptions options{.initial_backoff = 10ms, .max_backoff = 20ms};
  options.min_resolution_interval = 10ms;
  const EchoClient client{Channel::open(named.target(), options)};
  EXPECT_EQ(client.Unary(text("hello")).wait().error().code(), StatusCode::kUnavailable);
  auto waiting = client.Unary(text("hello"), {.wait_for_ready = true});
  named.dns.add_address("models.test", "127.0.0.1", 60);
  const Result<Text> reply = waiting.wait();
  ASSERT_TRUE(reply) << reply.error().to_string();
  EXPECT_EQ(reply->value(), "hello");
}

TEST(ChannelState, GoesFromIdleToReadyAndBack) {
  auto server = std::make_unique<EchoServer>();
  const Channel channel = Channel::open(server->target());
  EXPECT_EQ(channel.state().wait(), Connectivity::kIdle);
  EXPECT_TRUE(channel.wait_until_ready(patience()).wait());
  EXPECT_EQ(channel.state().wait(), Connectivity::kReady);
  server.reset();
  EXPECT_EQ(channel.state_other_than(Connectivity::kReady, patience()).wait(), Connectivity::kIdle);
}

TEST(ChannelState, WaitingForAServerThatNeverComesEndsAtTheDeadline) {
  std::string target;
  {
    const EchoServer gone;
    target = gone.target();
  }
  const Channel channel = Channel::open(target);
  EXPECT_FALSE(channel.wait_until_ready(Deadline::after(Clock::now(), 30ms)).wait());
  EXPECT_NE(channel.state().wait(), Connectivity::kReady);
}

TEST(ChannelState, ATargetThatMeansNothingIsAFailure) {
  EXPECT_EQ(Channel::open("ipv4:nonsense").state().wait(), Connectivity::kTransientFailure);
}

}  // namespace
}  // namespace parlance
