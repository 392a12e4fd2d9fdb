// Connections of HTTP/1.1.

#include "edge/http_front_test_support.h"

namespace parlance::edge {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

using HttpFront = FrontFixture;

constexpr std::string_view kGet = "GET /echo/one HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kPaused = "GET /pause HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(HttpFront, AnswersOneRequestAfterTheOther) {
  Stream client = connect();
  send(client, kGet);
  EXPECT_THAT(received(client), StartsWith("HTTP/1.1 200 OK\r\n"));
  send(client, "POST /echo/two HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(received(client), HasSubstr("\r\n\r\nPOST /echo/{rest} two hello"));
  EXPECT_FALSE(closed(client));
}

TEST_F(HttpFront, AnswersPipelinedRequestsInTheirOrder) {
  Stream client = connect();
  send(client, std::string{kPaused} + std::string{kGet});
  EXPECT_EQ(received(client), "");
  EXPECT_EQ(requests_, 1);
  go_on();
  const std::string text = received(client);
  EXPECT_LT(text.find("paused"), text.find("GET /echo"));
  EXPECT_EQ(requests_, 2);
}

TEST_F(HttpFront, AnswersAClientThatHasSaidAll) {
  Stream client = connect();
  send(client, kPaused);
  client->shut_down_writing();
  turn();
  go_on();
  EXPECT_THAT(received(client), HasSubstr("paused"));
  EXPECT_TRUE(closed(client));
}

TEST_F(HttpFront, AHandlerOutlivesItsClientAndIsTold) {
  Stream client = connect();
  send(client, kPaused);
  client->close();
  turn();
  go_on();
  EXPECT_EQ(requests_, 1);
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(HttpFront, ACallIsCancelledAsSoonAsItsClientLeaves) {
  Stream client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_FALSE(was_cancelled_);
  client->close();
  turn();
  EXPECT_TRUE(was_cancelled_);
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
  EXPECT_THAT(received(client), HasSubstr("GET /echo/{rest} one"));
}

TEST_F(HttpFront, ClosesAfterWhatItCannotReadAndSaysWhy) {
  Stream client = connect();
  send(client, "GET / HTTP/1.1\r\n\r\nGET /echo/one HTTP/1.1\r\nHost: a\r\n\r\n");
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
  send(client, "POST /echo/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(received(client), "HTTP/1.1 100 Continue\r\n\r\n");
  send(client, "ab");
  EXPECT_THAT(received(client), HasSubstr("POST /echo/{rest} x ab"));
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
  go_on();
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
  on_loop([&] { front_->end_calls(); });
  EXPECT_THAT(received(busy), HasSubstr("503 Service Unavailable"));
  on_loop([&] { front_->close_connections(); });
  EXPECT_TRUE(closed(busy));
  EXPECT_FALSE(empty);  // the handler still runs
  go_on();
  EXPECT_TRUE(empty);
}

constexpr std::string_view kStream = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_F(HttpFront, ABodyInPiecesIsChunkedAndEachLeavesInItsTurn) {
  Stream client = connect();
  send(client, kStream);
  const std::string head = received(client);
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, EndsWith("\r\n\r\n3\r\none\r\n"));
  go_on();
  EXPECT_EQ(received(client), "3\r\ntwo\r\n0\r\n\r\n");
  send(client, kGet);
  EXPECT_THAT(received(client), HasSubstr("GET /echo/{rest} one"));
}

TEST_F(HttpFront, ABodyInPiecesEndsWithTheConnectionForAnOlderClient) {
  Stream client = connect();
  send(client, "GET /stream HTTP/1.0\r\n\r\n");
  const std::string head = received(client);
  EXPECT_EQ(head.find("Transfer-Encoding"), std::string::npos);
  EXPECT_THAT(head, EndsWith("\r\n\r\none"));
  go_on();
  EXPECT_EQ(received(client), "two");
  EXPECT_TRUE(closed(client));
}

TEST_F(HttpFront, HeadOfABodyInPiecesIsItsHeader) {
  Stream client = connect();
  send(client, "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(received(client), EndsWith("\r\n\r\n"));
  go_on();
  EXPECT_EQ(received(client), "");
  send(client, kGet);
  EXPECT_THAT(received(client), HasSubstr("GET /echo/{rest} one"));
}

TEST_F(HttpFront, ASlowReaderHoldsItsHandlerBack) {
  options_.send_high_water_bytes = 10'000;
  Stream client = connect();
  send(client, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::size_t held_at = flooded_bytes_;
  EXPECT_GT(held_at, 10'000U);
  EXPECT_LT(held_at, 1'000'000U);
  EXPECT_TRUE(eventually([&] { return received(client).empty() || flooded_bytes_ > held_at; }));
  EXPECT_GT(flooded_bytes_, held_at);
  EXPECT_FALSE(was_cancelled_);
  client->close();
  turn();
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(HttpFront, AClientThatReadsNothingIsLeftToItself) {
  open_front({.write_timeout = 1ms});
  Stream client = connect();
  send(client, "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return was_cancelled_; }));
}

TEST_F(HttpFront, ADeadlineIsA504) {
  Stream client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: a\r\nx-request-timeout-ms: 1\r\n\r\n");
  std::string text;
  EXPECT_TRUE(eventually([&] { return !(text = received(client)).empty(); }));
  EXPECT_THAT(text, StartsWith("HTTP/1.1 504 "));
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(HttpFront, TheServersLongestTimeBoundsThatOfTheRequest) {
  options_.max_timeout = 1ms;
  Stream client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: a\r\ngrpc-timeout: 1H\r\n\r\n");
  EXPECT_TRUE(eventually([&] { return was_cancelled_; }));
}

TEST_F(HttpFront, ATimeoutThatIsNoNumberIsRefused) {
  Stream client = connect();
  send(client, "GET /wait HTTP/1.1\r\nHost: a\r\nx-request-timeout-ms: soon\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(text, HasSubstr("x-request-timeout-ms 'soon' is not a whole number"));
}

TEST_F(HttpFront, ABodyThatHasBegunHasTheLastWordAtItsEnd) {
  Stream client = connect();
  send(client, kStream);
  (void)received(client);
  on_loop([&] { front_->end_calls(); });
  EXPECT_EQ(received(client), "");
  go_on();
  EXPECT_TRUE(was_cancelled_);
  EXPECT_EQ(received(client), "3\r\ntwo\r\n6\r\nending\r\n0\r\n\r\n");
}

TEST_F(HttpFront, ABodyWhoseHandlerDoesNotEndIsCutOff) {
  Stream client = connect();
  send(client, "GET /stream HTTP/1.1\r\nHost: a\r\nx-request-timeout-ms: 1\r\n\r\n");
  EXPECT_THAT(received(client), EndsWith("3\r\none\r\n"));
  EXPECT_TRUE(closes(client));
  go_on();
}

TEST_F(HttpFront, ErrorsSayWhenToTryAgain) {
  Stream client = connect();
  send(client, "GET /fail HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 429 "));
  EXPECT_THAT(text, HasSubstr("Retry-After: 2\r\n"));
  EXPECT_THAT(text, HasSubstr("retry-after-ms: 1500\r\n"));
  EXPECT_THAT(text, EndsWith("\r\n\r\nfull\n"));
}

TEST_F(HttpFront, AnotherMethodIsToldWhichThereAre) {
  Stream client = connect();
  send(client, "DELETE /fail HTTP/1.1\r\nHost: a\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(text, HasSubstr("Allow: GET, POST, HEAD\r\n"));
}

TEST_F(HttpFront, HeaderFieldsAreMetadataAndBack) {
  Stream client = connect();
  send(client, "GET /echo/ HTTP/1.1\r\nHost: a\r\nX-Give: that\r\n\r\n");
  EXPECT_THAT(received(client), StartsWith("HTTP/1.1 404 "));
  send(client, "GET /echo/a/b HTTP/1.1\r\nHost: a\r\nX-Give: that\r\n\r\n");
  const std::string text = received(client);
  EXPECT_THAT(text, HasSubstr("x-echo: that\r\n"));
  EXPECT_THAT(text, EndsWith("GET /echo/{rest} a/b "));
}

/// Refuses who has no key, notes how calls end, and counts bytes.
class Doorkeeper final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    if (!call.request_metadata().get("authorization")) {
      co_return Status{StatusCode::kUnauthenticated, "no key"};
    }
    (void)call.initial_metadata().add("x-trace-id", "7");
    Count count{next, bytes};
    Status status = co_await next();
    endings += std::string{call.method()} + " " + std::string{to_string(status.code())} + "\n";
    co_return status;
  }
  std::string endings;
  std::size_t bytes = 0;

 private:
  class Count final : public MessageFilter {
   public:
    Count(const ServerNext& next, std::size_t& bytes) : MessageFilter(next), bytes_(bytes) {}
    Result<Buffer> on_request(Buffer message) override { return bytes_ += message.size(), message; }
    Result<Buffer> on_response(Buffer message) override { return bytes_ += message.size(), message; }

   private:
    std::size_t& bytes_;
  };
};

class InterceptedFront : public FrontFixture {
 protected:
  InterceptedFront() { options_.interceptors = {door_}; }
  std::string get(Stream& client, const std::string& path, std::string_view body = {}) {
    send(client, "POST " + path + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer x\r\nContent-Length: " +
                     std::to_string(body.size()) + "\r\n\r\n" + std::string{body});
    return received(client);
  }
  std::shared_ptr<Doorkeeper> door_ = std::make_shared<Doorkeeper>();
};

TEST_F(InterceptedFront, ACallIsRefusedInFrontOfItsHandler) {
  Stream client = connect();
  send(client, kGet);
  const std::string text = received(client);
  EXPECT_THAT(text, StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(text, HasSubstr("WWW-Authenticate: Bearer\r\n"));
  EXPECT_EQ(requests_, 0);
  send(client, "GET /json/nothing HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_THAT(received(client), EndsWith("{UNAUTHENTICATED}"));
}

TEST_F(InterceptedFront, InterceptorsSeeHowEachCallEnds) {
  Stream client = connect();
  EXPECT_THAT(get(client, "/echo/x", "hello"), HasSubstr("x-trace-id: 7\r\n"));
  EXPECT_EQ(door_->bytes, 5U + std::string_view{"POST /echo/{rest} x hello"}.size());
  EXPECT_THAT(get(client, "/nothing"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(get(client, "/throw"), StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(get(client, "/stream"), HasSubstr("x-trace-id: 7\r\n"));
  go_on();
  EXPECT_EQ(received(client), "3\r\ntwo\r\n0\r\n\r\n");
  get(client, "/wait");
  client->close();
  turn();
  EXPECT_EQ(door_->endings,
            "/echo/{rest} OK\n/nothing NOT_FOUND\n/throw UNKNOWN\n/stream OK\n/wait CANCELLED\n");
}

}  // namespace
}  // namespace parlance::edge
