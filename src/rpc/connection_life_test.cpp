// How connections are kept, found dead, told to go and replaced.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "net/listener.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;

TEST(ConnectionAge, IsReachedWithoutACallLost) {
  const EchoServer server{{.max_connection_age = milliseconds{30}}};
  const EchoClient client = server.client();
  const auto end = Clock::now() + milliseconds{500};
  int calls = 0;
  for (; Clock::now() < end; ++calls) {
    const Result<Text> reply = client.Unary(text("x")).wait();
    ASSERT_TRUE(reply) << "call " << calls << ": " << reply.error().to_string();
  }
  EXPECT_GT(calls, 0);
}

TEST(ConnectionAge, LetsOpenCallsRunOnWithoutAGrace) {
  const EchoServer server{{.max_connection_age = milliseconds{20}}};
  EXPECT_TRUE(server.client().Sleep(number(300)).wait());
}

TEST(ConnectionAge, EndsCallsThatOutlastTheGrace) {
  const EchoServer server{
      {.max_connection_age = milliseconds{20}, .max_connection_age_grace = milliseconds{20}}};
  const Result<Text> reply = server.client().UntilCancelled(text("")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
}

TEST(ConnectionIdleness, EndsConnectionsThatTheNextCallReplaces) {
  const EchoServer server{{.max_connection_idle = milliseconds{20}}};
  const EchoClient client = server.client();
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(client.Unary(text("x")).wait());
    std::this_thread::sleep_for(milliseconds{60});
  }
}

TEST(PingPolicy, EndsTheConnectionOfAClientThatPingsTooOften) {
  const EchoServer server;
  const EchoClient client = server.client({.keepalive = {.time = milliseconds{10}}});
  const Result<Text> reply = client.UntilCancelled(text("")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(server.log(), HasSubstr("pings more often than every 5"));
}

TEST(PingPolicy, TakesPingsThatItAllows) {
  const EchoServer server{{.ping_policy = {.min_interval = milliseconds{1}}}};
  const EchoClient client = server.client({.keepalive = {.time = milliseconds{20}}});
  EXPECT_TRUE(client.Sleep(number(300)).wait());
}

// Accepts, sends the SETTINGS of a server, and never answers anything.
class SilentServer {
 public:
  SilentServer() : listener_(*net::Listener::open(thread_.loop(), *net::Endpoint::parse("127.0.0.1:0"))) {
    thread_.loop().post([this] {
      listener_->start([this](std::unique_ptr<net::ByteStream> stream) {
        static constexpr std::array<std::byte, 9> kEmptySettings{{{}, {}, {}, std::byte{4}}};
        const iovec part{const_cast<std::byte*>(kEmptySettings.data()), kEmptySettings.size()};
        stream->write({&part, 1});
        accepted_.push_back(std::move(stream));
      });
    });
  }
  ~SilentServer() { thread_.stop(); }
  std::string target() const { return listener_->local().to_string(); }

 private:
  net::LoopThread thread_;
  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<net::ByteStream>> accepted_;
};

TEST(Keepalive, FindsAServerThatIsGoneWithoutSayingSo) {
  const SilentServer server;
  const EchoClient client{
      Channel::open(server.target(), {.keepalive = {.time = milliseconds{30}, .timeout = milliseconds{30}}})};
  const Result<Text> reply = client.Unary(text("x")).wait();
  ASSERT_FALSE(reply);
  EXPECT_EQ(reply.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{reply.error().message()}, HasSubstr("did not answer a PING"));
}

// A client that only reads: connects, says the preface and SETTINGS, and answers no PING.
TEST(Keepalive, FindsAClientThatIsGoneWithoutSayingSo) {
  const EchoServer server{
      {.keepalive = {.time = milliseconds{20}, .timeout = milliseconds{20}, .without_calls = true}}};
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const net::Endpoint endpoint = *net::Endpoint::parse(server.target());
  ASSERT_EQ(::connect(fd, endpoint.address(), endpoint.size_bytes()), 0);
  const std::string hello =
      std::string{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"} + std::string("\0\0\0\4\0\0\0\0\0", 9);
  ASSERT_EQ(::send(fd, hello.data(), hello.size(), 0), static_cast<ssize_t>(hello.size()));
  char buffer[1024];
  while (::recv(fd, buffer, sizeof buffer, 0) > 0) {
  }
  ::close(fd);  // the server ended the connection, or this would never be reached
}

}  // namespace
}  // namespace parlance::testing
