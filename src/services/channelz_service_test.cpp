#include "services/channelz_service.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "grpc/channelz/v1/channelz.parlance.h"
#include "net/testing/certificates.h"
#include "services/server_pair_test_support.h"

namespace parlance::services {
namespace {

namespace channelz = ::grpc::channelz::v1;
namespace health = ::grpc::health::v1;
using parlance::testing::eventually;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

template <typename Response>
Response value_of(Result<Response> result) {
  EXPECT_TRUE(result) << result.error().to_string();
  return result ? *std::move(result) : Response{};
}

health::HealthCheckRequest unknown_service() {
  health::HealthCheckRequest request;
  request.set_service("no.Such");
  return request;
}

// A server under test, and another that is asked about it, so that questions do not change the answers.
class Channelz : public ::testing::Test {
 protected:
  Channelz() {
    subject_->add(make_health_service(registry_));
    observer_.add(make_channelz_service());
    for (Server* server : {&*subject_, &observer_}) {
      const auto started = server->start();
      EXPECT_TRUE(started) << started.error().to_string();
    }
    observing_.emplace(Channel::open(address_of(observer_)));
  }

  static std::string address_of(const Server& server) {
    return concat("127.0.0.1:", std::to_string(server.ports().front()));
  }
  Channel open() const { return Channel::open(address_of(*subject_), {.enable_retries = false}); }
  const channelz::Channelz::Client& ask() const { return *observing_; }

  channelz::Server server_named(const std::string& name) const {
    const auto servers = value_of(ask().GetServers({}).wait());
    for (const auto& server : servers.server()) {
      if (server.ref().name() == name) return server;
    }
    return {};
  }
  channelz::Channel channel_to(const std::string& target) const {
    const auto channels = value_of(ask().GetTopChannels({}).wait());
    for (const auto& channel : channels.channel()) {
      if (channel.data().target() == target) return channel;
    }
    return {};
  }
  channelz::Socket socket(std::int64_t id) const {
    channelz::GetSocketRequest request;
    request.set_socket_id(id);
    return value_of(ask().GetSocket(request).wait()).socket();
  }
  channelz::Subchannel subchannel(std::int64_t id) const {
    channelz::GetSubchannelRequest request;
    request.set_subchannel_id(id);
    return value_of(ask().GetSubchannel(request).wait()).subchannel();
  }
  channelz::GetServerSocketsResponse sockets_of(const channelz::Server& server, std::int64_t from = 0,
                                                std::int64_t most = 0) const {
    channelz::GetServerSocketsRequest request;
    request.set_server_id(server.ref().server_id());
    request.set_start_socket_id(from);
    request.set_max_results(most);
    return value_of(ask().GetServerSockets(request).wait());
  }

  std::shared_ptr<HealthRegistry> registry_ = std::make_shared<HealthRegistry>();
  std::optional<Server> subject_{std::in_place, ServerOptions{.listen = {"127.0.0.1:0"}, .threads = 2}};
  Server observer_{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  std::optional<channelz::Channelz::Client> observing_;
};

TEST_F(Channelz, TellsAServersCalls) {
  const health::Health::Client client{open()};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.Check({}).wait());
  for (int i = 0; i < 2; ++i) EXPECT_FALSE(client.Check(unknown_service()).wait());
  auto watch = client.Watch({});
  EXPECT_TRUE(watch.read().wait());

  const channelz::Server server = server_named(address_of(*subject_));
  EXPECT_EQ(server.data().calls_started(), 6);
  EXPECT_EQ(server.data().calls_succeeded(), 3);
  EXPECT_EQ(server.data().calls_failed(), 2);
  EXPECT_TRUE(server.data().has_last_call_started_timestamp());
  ASSERT_THAT(server.listen_socket(), SizeIs(1));
  const channelz::Socket listener = socket(server.listen_socket(0).socket_id());
  EXPECT_EQ(listener.local().tcpip_address().port(), subject_->ports().front());
  EXPECT_FALSE(listener.has_remote());

  watch.cancel();
  EXPECT_TRUE(eventually([&] { return server_named(address_of(*subject_)).data().calls_failed() == 3; }));
}

TEST_F(Channelz, TellsOfAServersSocketsWhatTheirClientsSee) {
  const health::Health::Client client{open()};
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(client.Check({}).wait());
  EXPECT_FALSE(client.Check(unknown_service()).wait());
  const auto sockets = sockets_of(server_named(address_of(*subject_)));
  EXPECT_TRUE(sockets.end());
  ASSERT_THAT(sockets.socket_ref(), SizeIs(1));
  const channelz::Socket theirs = socket(sockets.socket_ref(0).socket_id());
  EXPECT_EQ(theirs.data().streams_started(), 4);
  EXPECT_EQ(theirs.data().streams_succeeded(), 4);
  EXPECT_EQ(theirs.data().streams_failed(), 0);
  EXPECT_EQ(theirs.data().messages_received(), 4);
  EXPECT_EQ(theirs.data().messages_sent(), 3);
  EXPECT_TRUE(theirs.data().has_last_remote_stream_created_timestamp());
  EXPECT_FALSE(theirs.data().has_last_local_stream_created_timestamp());
  EXPECT_GT(theirs.data().local_flow_control_window().value(), 0);
  EXPECT_GT(theirs.data().remote_flow_control_window().value(), 0);
  EXPECT_EQ(theirs.local().tcpip_address().port(), subject_->ports().front());
  EXPECT_EQ(theirs.local().tcpip_address().ip_address(), std::string("\x7f\0\0\1", 4));
  EXPECT_FALSE(theirs.has_security());

  const channelz::Channel channel = channel_to(address_of(*subject_));
  ASSERT_THAT(channel.subchannel_ref(), SizeIs(1));
  const channelz::Subchannel way = subchannel(channel.subchannel_ref(0).subchannel_id());
  ASSERT_THAT(way.socket_ref(), SizeIs(1));
  const channelz::Socket ours = socket(way.socket_ref(0).socket_id());
  EXPECT_EQ(ours.data().streams_started(), 4);
  EXPECT_EQ(ours.data().streams_succeeded(), 4);
  EXPECT_EQ(ours.data().messages_sent(), 4);
  EXPECT_EQ(ours.data().messages_received(), 3);
  EXPECT_TRUE(ours.data().has_last_local_stream_created_timestamp());
  EXPECT_EQ(ours.local().SerializeAsString(), theirs.remote().SerializeAsString());
  EXPECT_EQ(ours.remote().SerializeAsString(), theirs.local().SerializeAsString());
  EXPECT_EQ(ours.data().peer_max_concurrent_streams(), http2::Limits{}.max_concurrent_streams);
}

TEST_F(Channelz, TellsAChannelsCallsStateAndHistory) {
  const Channel channel = open();
  const health::Health::Client client{channel};
  EXPECT_TRUE(client.Check({}).wait());
  EXPECT_FALSE(client.Check(unknown_service()).wait());
  const channelz::Channel told = channel_to(channel.target());
  EXPECT_EQ(told.data().state().state(), channelz::ChannelConnectivityState::READY);
  EXPECT_EQ(told.data().calls_started(), 2);
  EXPECT_EQ(told.data().calls_succeeded(), 1);
  EXPECT_EQ(told.data().calls_failed(), 1);
  EXPECT_EQ(told.data().max_connections_per_subchannel(), 10);
  ASSERT_THAT(told.subchannel_ref(), SizeIs(1));

  const channelz::Subchannel way = subchannel(told.subchannel_ref(0).subchannel_id());
  EXPECT_EQ(way.data().target(), channel.target());
  EXPECT_EQ(way.data().calls_started(), 2);
  EXPECT_EQ(way.data().calls_succeeded(), 1);
  EXPECT_EQ(way.data().calls_failed(), 1);
  ASSERT_THAT(way.data().trace().events(), SizeIs(2));
  EXPECT_EQ(way.data().trace().events(0).description(), "CONNECTING");
  EXPECT_EQ(way.data().trace().events(1).description(), "READY");
  EXPECT_EQ(way.data().trace().num_events_logged(), 2);
}

TEST_F(Channelz, RemembersThatAServerToldAConnectionToGo) {
  const Channel channel = open();
  const health::Health::Client client{channel};
  EXPECT_TRUE(client.Check({}).wait());
  const auto id = channel_to(channel.target()).subchannel_ref(0).subchannel_id();
  subject_->shutdown(seconds{10});
  subject_->wait();
  EXPECT_TRUE(eventually([&] { return subchannel(id).data().trace().num_events_logged() >= 4; }));
  const channelz::Subchannel way = subchannel(id);
  std::vector<std::string> events;
  for (const auto& event : way.data().trace().events()) events.push_back(event.description());
  EXPECT_THAT(events, Contains(concat("GOAWAY NO_ERROR from ", channel.target())));
  EXPECT_EQ(way.data().state().state(), channelz::ChannelConnectivityState::IDLE);
  EXPECT_EQ(way.data().calls_succeeded(), 1);  // though its connection is gone

  EXPECT_FALSE(client.Check({}).wait());
  const channelz::Subchannel failed = subchannel(id);
  EXPECT_EQ(failed.data().state().state(), channelz::ChannelConnectivityState::TRANSIENT_FAILURE);
  const auto& last = failed.data().trace().events(failed.data().trace().events_size() - 1);
  EXPECT_EQ(last.severity(), channelz::ChannelTraceEvent::CT_WARNING);
  EXPECT_THAT(last.description(), HasSubstr("TRANSIENT_FAILURE: cannot connect to "));
}

TEST_F(Channelz, ForgetsWhatIsGone) {
  const std::string name = address_of(*subject_);
  std::int64_t channel_id = 0;
  {
    const Channel channel = open();
    EXPECT_TRUE(health::Health::Client{channel}.Check({}).wait());
    channel_id = channel_to(name).ref().channel_id();
    EXPECT_NE(channel_id, 0);
  }
  channelz::GetChannelRequest request;
  request.set_channel_id(channel_id);
  EXPECT_TRUE(eventually([&] {
    const auto answer = ask().GetChannel(request).wait();
    return !answer && answer.error().code() == StatusCode::kNotFound;
  }));
  const auto server_id = server_named(name).ref().server_id();
  EXPECT_NE(server_id, 0);
  subject_.reset();
  channelz::GetServerRequest gone;
  gone.set_server_id(server_id);
  EXPECT_EQ(ask().GetServer(gone).wait().error().code(), StatusCode::kNotFound);
}

TEST_F(Channelz, ListsInPages) {
  const Channel first = open();
  const Channel second = open();
  for (const Channel* channel : {&first, &second}) {
    EXPECT_TRUE(health::Health::Client{*channel}.Check({}).wait());
  }
  const channelz::Server server = server_named(address_of(*subject_));
  const auto page = sockets_of(server, 0, 1);
  ASSERT_THAT(page.socket_ref(), SizeIs(1));
  EXPECT_FALSE(page.end());
  const auto rest = sockets_of(server, page.socket_ref(0).socket_id() + 1, 1);
  ASSERT_THAT(rest.socket_ref(), SizeIs(1));
  EXPECT_TRUE(rest.end());
  EXPECT_LT(page.socket_ref(0).socket_id(), rest.socket_ref(0).socket_id());

  channelz::GetTopChannelsRequest channels;
  channels.set_max_results(1);
  EXPECT_FALSE(value_of(ask().GetTopChannels(channels).wait()).end());
  channelz::GetServersRequest servers;
  servers.set_start_server_id(server.ref().server_id());
  servers.set_max_results(1);
  const auto found = value_of(ask().GetServers(servers).wait());
  ASSERT_THAT(found.server(), SizeIs(1));
  EXPECT_EQ(found.server(0).ref().server_id(), server.ref().server_id());
}

TEST_F(Channelz, RefusesIdsThatMeanNothing) {
  channelz::GetSocketRequest socket;
  socket.set_socket_id(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(ask().GetSocket(socket).wait().error().code(), StatusCode::kNotFound);
  channelz::GetSubchannelRequest subchannel;
  EXPECT_EQ(ask().GetSubchannel(subchannel).wait().error().code(), StatusCode::kNotFound);
  channelz::GetTopChannelsRequest channels;
  channels.set_max_results(-1);
  EXPECT_EQ(ask().GetTopChannels(channels).wait().error().code(), StatusCode::kInvalidArgument);
  channelz::GetServersRequest servers;
  servers.set_start_server_id(-1);
  EXPECT_EQ(ask().GetServers(servers).wait().error().code(), StatusCode::kInvalidArgument);
}

TEST_F(Channelz, NamesTheCipherOfTls) {
  const net::testing::TemporaryFolder folder;
  const net::testing::CertificateAuthority authority{"Parlance test CA"};
  authority.write_certificate(folder.file("ca.pem"));
  authority.issue("server", "IP:127.0.0.1", folder.file("server.pem"), folder.file("server.key"));
  Server secure{{.listen = {"127.0.0.1:0"},
                 .tls = TlsServerOptions{.certificate_file = folder.file("server.pem"),
                                         .key_file = folder.file("server.key")},
                 .threads = 1}};
  secure.add(make_health_service(registry_));
  ASSERT_TRUE(secure.start());
  const Channel channel =
      Channel::open(address_of(secure), {.tls = TlsClientOptions{.ca_file = folder.file("ca.pem")}});
  ASSERT_TRUE(health::Health::Client{channel}.Check({}).wait());

  const auto theirs = sockets_of(server_named(address_of(secure)));
  ASSERT_THAT(theirs.socket_ref(), SizeIs(1));
  const auto way = subchannel(channel_to(channel.target()).subchannel_ref(0).subchannel_id());
  ASSERT_THAT(way.socket_ref(), SizeIs(1));
  for (const auto& ref : {theirs.socket_ref(0), way.socket_ref(0)}) {
    EXPECT_THAT(socket(ref.socket_id()).security().tls().standard_name(), HasSubstr("TLS_AES_"));
  }
}

TEST_F(Channelz, CountsEveryCallThoughManyAskMeanwhile) {
  constexpr int kThreads = 4;
  constexpr int kCalls = 200;
  std::vector<std::thread> callers;
  for (int i = 0; i < kThreads; ++i) {
    callers.emplace_back([this] {
      const health::Health::Client client{open()};
      for (int call = 0; call < kCalls; ++call) EXPECT_TRUE(client.Check({}).wait());
    });
  }
  for (int i = 0; i < 50; ++i) {
    const channelz::Server server = server_named(address_of(*subject_));
    const auto sockets = sockets_of(server);
    for (const auto& ref : sockets.socket_ref()) {
      channelz::GetSocketRequest request;
      request.set_socket_id(ref.socket_id());
      (void)ask().GetSocket(request).wait();  // it may have gone
    }
    (void)ask().GetTopChannels({}).wait();
  }
  for (std::thread& caller : callers) caller.join();
  const channelz::Server server = server_named(address_of(*subject_));
  EXPECT_EQ(server.data().calls_started(), kThreads * kCalls);
  EXPECT_EQ(server.data().calls_succeeded(), kThreads * kCalls);
}

// The asker's own loop is among those asked.
TEST_F(Channelz, TellsOfTheServerThatIsAsked) {
  const channelz::Server self = server_named(address_of(observer_));
  EXPECT_EQ(self.data().calls_started(), 1);
  EXPECT_EQ(self.data().calls_succeeded(), 0);
}

}  // namespace
}  // namespace parlance::services
