// Listener, ConnectAttempt and TcpStream together, on loopback and on a Unix socket.
#include <gtest/gtest.h>
#include <unistd.h>

#include <latch>
#include <optional>
#include <string>

#include "net/connect.h"
#include "net/listener.h"
#include "net/loop.h"

namespace parlance::net {
namespace {

using std::chrono::seconds;

// Sends back what it reads.
class EchoSession final : ByteStream::Observer {
 public:
  explicit EchoSession(std::unique_ptr<ByteStream> stream) : stream_(std::move(stream)) {
    stream_->watch_readable(*this);
  }

 private:
  void on_readable() override {
    std::byte buffer[256];
    const IoResult got = stream_->read(buffer);
    if (got.closed || got.error) return stream_->close();
    if (got.size_bytes > 0) {
      const iovec part{buffer, got.size_bytes};
      EXPECT_EQ(stream_->write({&part, 1}).size_bytes, got.size_bytes);
    }
    stream_->watch_readable(*this);
  }
  void on_writable() override {}
  std::unique_ptr<ByteStream> stream_;
};

// Sends a text and waits for as much to come back.
class Caller final : ByteStream::Observer {
 public:
  Caller(std::unique_ptr<ByteStream> stream, std::string text, std::latch& done)
      : stream_(std::move(stream)), text_(std::move(text)), done_(done) {
    stream_->watch_writable(*this);
    stream_->watch_readable(*this);
  }
  const std::string& received() const { return received_; }

 private:
  void on_writable() override {
    const iovec part{text_.data(), text_.size()};
    EXPECT_EQ(stream_->write({&part, 1}).size_bytes, text_.size());
  }
  void on_readable() override {
    std::byte buffer[256];
    const IoResult got = stream_->read(buffer);
    received_.append(as_text({buffer, got.size_bytes}));
    if (received_.size() == text_.size()) return done_.count_down();
    stream_->watch_readable(*this);
  }
  std::unique_ptr<ByteStream> stream_;
  std::string text_;
  std::string received_;
  std::latch& done_;
};

class Sockets : public ::testing::TestWithParam<std::string> {};

TEST_P(Sockets, CarryBytesBothWays) {
  LoopThread thread;
  std::unique_ptr<Listener> listener;
  std::optional<EchoSession> session;
  std::unique_ptr<ConnectAttempt> attempt;
  std::optional<Caller> caller;
  std::latch done{1};
  Loop& loop = thread.loop();
  auto opened = Listener::open(loop, *Endpoint::parse(GetParam()));
  ASSERT_TRUE(opened) << opened.error();
  listener = *std::move(opened);
  loop.post([&] {
    listener->start([&](std::unique_ptr<ByteStream> stream) { session.emplace(std::move(stream)); });
    attempt = socket_connector().connect(loop, listener->local(), seconds{20}, [&](auto result) {
      ASSERT_TRUE(result) << result.error();
      EXPECT_EQ((*result)->peer().to_string(), listener->local().to_string());
      caller.emplace(*std::move(result), "over the wire", done);
    });
  });
  done.wait();
  thread.stop();
  EXPECT_EQ(caller->received(), "over the wire");
}

INSTANTIATE_TEST_SUITE_P(EachKind, Sockets,
                         ::testing::Values("127.0.0.1:0", "[::1]:0",
                                           "unix:/tmp/parlance-socket-test-" + std::to_string(getpid())));

std::string failure_of(auto start) {
  std::string failure = "connected";
  LoopThread thread;
  std::unique_ptr<ConnectAttempt> attempt;
  std::latch done{1};
  thread.loop().post([&] {
    attempt = start(thread.loop(), [&](ConnectAttempt::Result result) {
      if (!result) failure = result.error();
      done.count_down();
    });
  });
  done.wait();
  thread.stop();
  return failure;
}

TEST(ConnectAttempt, SaysWhereAndWhyItFailed) {
  // A bound port that nobody listens on refuses connections.
  LoopThread thread;
  auto listener = Listener::open(thread.loop(), *Endpoint::parse("127.0.0.1:0"));
  const Endpoint refused = (*listener)->local();
  listener->reset();
  EXPECT_EQ(failure_of([&](Loop& loop, auto done) {
              return socket_connector().connect(loop, refused, seconds{20}, done);
            }),
            refused.to_string() + ": Connection refused");
}

TEST(Listener, TellsWhichAddressIsInUse) {
  LoopThread thread;
  const std::string path = "unix:/tmp/parlance-listener-test-" + std::to_string(getpid());
  const auto first = Listener::open(thread.loop(), *Endpoint::parse(path));
  ASSERT_TRUE(first) << first.error();
  const auto second = Listener::open(thread.loop(), *Endpoint::parse(path));
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error(), "cannot bind " + path + ": Address already in use");
}

TEST(Listener, ReplacesASocketFileThatNobodyListensOn) {
  const std::string path = "/tmp/parlance-stale-test-" + std::to_string(getpid());
  const Endpoint endpoint = *Endpoint::parse("unix:" + path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(fd, endpoint.address(), endpoint.size_bytes()), 0);
  ::close(fd);  // leaves the file behind
  LoopThread thread;
  const auto listener = Listener::open(thread.loop(), endpoint);
  EXPECT_TRUE(listener) << listener.error();
}

}  // namespace
}  // namespace parlance::net
