// Connections on a loop that the test turns by hand.

#include "edge/http_front.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <coroutine>
#include <stdexcept>

#include "net/memory_stream.h"

namespace parlance::edge {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Lets a test decide when a handler goes on.
struct Pause {
  std::coroutine_handle<> waiter;
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> handle) { waiter = handle; }
  void await_resume() const {}
  void end() { std::exchange(waiter, nullptr).resume(); }
};

class HttpFront : public ::testing::Test {
 protected:
  using Stream = std::unique_ptr<net::MemoryStream>;

  void open_front(HttpLimits limits = {}) {
    const auto front =
        make_http_front({.handler = [this](HttpRequest request) { return answer(std::move(request)); },
                         .limits = limits,
                         .log = [this](std::string_view text) { log_ += text; }});
    front_ = front->on_loop(
        loop_, [this](std::unique_ptr<net::ByteStream> stream) { passed_on_.push_back(std::move(stream)); });
  }
  ~HttpFront() override {
    front_.reset();
    turn();
  }

  Stream connect() {
    if (front_ == nullptr) open_front();
    const auto name = *net::Endpoint::parse("unix:test");
    auto [ours, theirs] = net::MemoryStream::make_pair({loop_.handle(), name}, {loop_.handle(), name});
    loop_.post([this, theirs = std::move(theirs)]() mutable { front_->take(std::move(theirs)); });
    turn();
    return std::move(ours);
  }

  /// Turns the loop until it has nothing to do.
  void turn() {
    while (loop_.step()) {
    }
  }
  /// The same from within the loop.
  void on_loop(std::function<void()> job) {
    loop_.post(std::move(job));
    turn();
  }

  void send(Stream& stream, std::string_view text) {
    iovec part{.iov_base = const_cast<char*>(text.data()), .iov_len = text.size()};
    ASSERT_EQ(stream->write({&part, 1}).size_bytes, text.size());
    turn();
  }
  std::string received(Stream& stream) {
    std::string text(64 * 1024, '\0');
    const net::IoResult result = stream->read(as_writable_bytes(std::span{text}));
    is_closed_ = result.closed;
    text.resize(result.size_bytes);
    return text;
  }
  /// Whether the other end has closed; all that it sent was read.
  bool closed(Stream& stream) {
    while (!received(stream).empty()) {
    }
    return is_closed_;
  }
  /// Turns the loop until the other end closes.
  bool closes(Stream& stream) {
    const TimePoint end = Clock::now() + 30s;
    while (!closed(stream) && Clock::now() < end) turn();
    return is_closed_;
  }

  Task<HttpResponse> answer(HttpRequest request) {
    ++requests_;
    if (request.path == "/throw") throw std::runtime_error{"secret"};
    if (request.path == "/pause") co_await pause_;
    if (request.path == "/long") co_return HttpResponse{.body = std::string(1'000'000, 'x')};
    co_return HttpResponse{.body = request.method + " " + request.path + " " + request.body};
  }

  net::Loop loop_;
  std::unique_ptr<ConnectionFront::OnLoop> front_;
  std::vector<std::unique_ptr<net::ByteStream>> passed_on_;
  std::string log_;
  Pause pause_;
  int requests_ = 0;
  bool is_closed_ = false;
};

constexpr std::string_view kGet = "GET /one HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPaused = "GET /pause HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(HttpFront, AnswersOneRequestAfterTheOther) {
  Stream client = connect();
  send(client, kGet);
  EXPECT_THAT(received(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  send(client, "POST /two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(received(client), HasSubstr("\r\n\r\nPOST /two hello"));
  EXPECT_FALSE(closed(client));
}

TEST_F(HttpFront, AnswersPipelinedRequestsInTheirOrder) {
  Stream client = connect();
  send(client, std::string{kPaused} + std::string{kGet});
  EXPECT_EQ(received(client), "");
  EXPECT_EQ(requests_, 1);
  on_loop([this] { pause_.end(); });
  const std::string text = received(client);
  EXPECT_LT(text.find("GET /pause "), text.find("GET /one "));
  EXPECT_EQ(requests_, 2);
}

TEST_F(HttpFront, AnswersAClientThatHasSaidAll) {
  Stream client = connect();
  send(client, kPaused);
  client->shut_down_writing();
  turn();
  on_loop([this] { pause_.end(); });
  EXPECT_THAT(received(client), HasSubstr("GET /pause"));
  EXPECT_TRUE(closed(client));
}

TEST_F(HttpFront, AHandlerOutlivesItsClient) {
  Stream client = connect();
  send(client, kPaused);
  client->close();
  turn();
  on_loop([this] { pause_.end(); });
  EXPECT_EQ(requests_, 1);
}

TEST_F(HttpFront, WritesAsFastAsItIsRead) {
  Stream client = connect();
  send(client, "GET /long HTTP/1.1\r\nHost: a\r\n\r\n");
  std::size_t size_bytes = 0;
  for (int i = 0; i < 100 && size_bytes < 1'000'000; ++i) {
    size_bytes += received(client).size();
    turn();
  }
  EXPECT_GT(size_bytes, 1'000'000U);
  send(client, kGet);
  EXPECT_THAT(received(client), HasSubstr("GET /one"));
}

TEST_F(HttpFront, ClosesAfterWhatItCannotReadAndSaysWhy) {
  Stream client = connect();
  send(client, "GET / HTTP/1.1\r\n\r\nGET /one HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 400 Bad Request\r\n"));
  EXPECT_THAT(text, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(closed(client));
  EXPECT_EQ(requests_, 0);
}

TEST_F(HttpFront, AnExceptionIsA500WithoutItsText) {
  Stream client = connect();
  send(client, "GET /throw HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 500 "));
  EXPECT_EQ(text.find("secret"), std::string::npos);
  EXPECT_EQ(log_, "the handler of /throw threw: secret");
}

TEST_F(HttpFront, TellsAClientThatExpectsItToContinue) {
  Stream client = connect();
  send(client, "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(received(client), "HTTP/1.1 100 Continue\r\n\r\n");
  send(client, "ab");
  EXPECT_THAT(received(client), HasSubstr("POST /x ab"));
}

TEST_F(HttpFront, HandsHttp2OnWithAllOfItsBytes) {
  Stream client = connect();
  send(client, "PR");
  EXPECT_TRUE(passed_on_.empty());
  send(client, "I * HTTP/2.0\r\n\r\nSM\r\n\r\nframes");
  ASSERT_EQ(passed_on_.size(), 1U);

  struct Reader final : net::ByteStream::Observer {
    void on_readable() override { ++told; }
    void on_writable() override {}
    int told = 0;
  } reader;
  on_loop([&] { passed_on_[0]->watch_readable(reader); });
  EXPECT_EQ(reader.told, 1);
  std::string text(100, '\0');
  text.resize(passed_on_[0]->read(as_writable_bytes(std::span{text})).size_bytes);
  EXPECT_EQ(text, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\nframes");
  on_loop([&] { passed_on_[0]->watch_readable(reader); });
  EXPECT_EQ(reader.told, 1);
  send(client, "more");
  EXPECT_EQ(reader.told, 2);
  passed_on_.clear();
}

TEST_F(HttpFront, ASlowRequestIsAnsweredWith408AndSilenceIsClosed) {
  open_front({.max_idle = 1ms, .request_timeout = 1ms});
  Stream silent = connect();
  EXPECT_TRUE(closes(silent));
  Stream slow = connect();
  send(slow, "GET / HTTP/1.1\r\nHost");
  std::string text;
  for (const TimePoint end = Clock::now() + 30s; text.empty() && Clock::now() < end; turn())
    text = received(slow);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(closes(slow));
}

TEST_F(HttpFront, MoreConnectionsThanTheLimitAreToldSo) {
  open_front({.max_connections = 1});
  Stream first = connect();
  send(first, kGet);
  EXPECT_THAT(received(first), HasSubstr("200 OK"));
  Stream second = connect();
  send(second, kGet);
  EXPECT_THAT(received(second), StartsWith("HTTP/1.1 503 "));
  first->close();
  second->close();
  turn();
  Stream third = connect();
  send(third, kGet);
  EXPECT_THAT(received(third), HasSubstr("200 OK"));
}

TEST_F(HttpFront, AShutdownWaitsForTheRequestUnderWay) {
  Stream idle = connect();
  send(idle, kGet);
  Stream busy = connect();
  send(busy, kPaused);
  Stream undecided = connect();
  bool empty = false;
  on_loop([&] { front_->begin_shutdown([&] { empty = true; }); });
  EXPECT_TRUE(closed(idle));
  EXPECT_TRUE(closed(undecided));
  EXPECT_FALSE(empty);
  on_loop([this] { pause_.end(); });
  EXPECT_THAT(received(busy), HasSubstr("Connection: close\r\n"));
  busy->close();
  turn();
  EXPECT_TRUE(empty);
}

TEST_F(HttpFront, TheEndOfTheGraceClosesWhatIsLeft) {
  Stream busy = connect();
  send(busy, kPaused);
  bool empty = false;
  on_loop([&] { front_->begin_shutdown([&] { empty = true; }); });
  on_loop([&] { front_->close_connections(); });
  EXPECT_TRUE(closed(busy));
  EXPECT_FALSE(empty);  // the handler still runs
  on_loop([this] { pause_.end(); });
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace parlance::edge
