// Requests of HTTP/2, between two engines that the test pumps by hand.

#include "edge/http2_request.h"

#include <algorithm>

#include "edge/http_front_test_support.h"

namespace parlance::edge {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

/// What a client hears of one stream.
struct Answer final : http2::StreamObserver {
  void on_headers(http2::HeaderFields fields, bool end_stream) override {
    for (const auto& field : fields) head[std::string{field.name}] = field.value;
    ended = end_stream;
  }
  void on_data(Bytes data, bool end_stream) override {
    body += as_text(data);
    unread += data.size();
    ended |= end_stream;
  }
  void on_send_ready() override {}
  void on_closed(const http2::StreamEnd& end) override {
    closed = true;
    code = end.code;
  }

  std::map<std::string, std::string> head;
  std::string body;
  std::size_t unread = 0;
  bool ended = false;
  bool closed = false;
  http2::ErrorCode code = http2::ErrorCode::kNoError;
};

class Http2Front : public FrontFixture, protected Http2Carrier, protected http2::ConnectionObserver {
 protected:
  struct ClientObserver final : http2::ConnectionObserver {
    http2::StreamObserver* on_request(http2::StreamId, http2::HeaderFields, bool) override { return nullptr; }
  };

  Http2Front() {
    limits_.max_concurrent_streams = 100;
    server_.emplace(http2::Role::kServer, limits_, *static_cast<http2::ConnectionObserver*>(this));
    client_.emplace(http2::Role::kClient, limits_, client_observer_);
  }
  ~Http2Front() override {
    server_->on_transport_closed("the test ends");
    client_->on_transport_closed("the test ends");
    turn();
  }

  http2::Connection& http2() override { return *server_; }
  void flush() override {}
  const std::string& peer() const override { return peer_; }
  std::size_t send_high_water_bytes() const override { return 64 * 1024; }
  http2::StreamObserver* on_request(http2::StreamId stream, http2::HeaderFields fields,
                                    bool end_stream) override {
    return front_->take_request(*this, stream, fields, end_stream);
  }

  using Fields = std::vector<std::pair<std::string, std::string>>;
  http2::StreamId request(Answer& answer, std::string method, std::string path, const Fields& more = {},
                          bool end_stream = true) {
    if (front_ == nullptr) open_front();
    grpc::HeaderList fields;
    fields.add(":method", method, http2::HeaderToken::kMethod);
    fields.add(":scheme", "http", http2::HeaderToken::kScheme);
    fields.add(":path", path, http2::HeaderToken::kPath);
    fields.add(":authority", "a", http2::HeaderToken::kAuthority);
    for (const auto& [name, value] : more) fields.add(name, value);
    const http2::StreamId stream = client_->open_stream(fields.fields(), end_stream, answer);
    pump();
    return stream;
  }
  void data(http2::StreamId stream, std::string_view text, bool end_stream) {
    client_->send_data(stream, Buffer::copy_of(as_bytes(text)), end_stream);
    pump();
  }
  void pump() {
    on_loop([this] {
      while (move(*client_, *server_) || move(*server_, *client_)) {
      }
    });
    while (move(*server_, *client_)) {
    }
  }
  bool move(http2::Connection& from, http2::Connection& to) {
    std::vector<iovec> parts(16);
    parts.resize(from.gather(parts));
    std::string bytes;
    for (const iovec& part : parts) bytes.append(static_cast<const char*>(part.iov_base), part.iov_len);
    if (bytes.empty()) return false;
    from.wrote(bytes.size());
    to.receive(as_bytes(bytes), loop_.now());
    return true;
  }

  http2::Limits limits_;
  const std::string peer_ = "ipv4:127.0.0.1:1";
  ClientObserver client_observer_;
  std::optional<http2::Connection> server_;
  std::optional<http2::Connection> client_;
};

TEST_F(Http2Front, AnswersARequestWithItsBody) {
  Answer answer;
  const auto stream = request(answer, "POST", "/echo/a%20b?x=1",
                              {{"x-give", "that"}, {"content-type", "application/json"}}, false);
  data(stream, "hel", false);
  data(stream, "lo", true);
  EXPECT_EQ(answer.head[":status"], "200");
  EXPECT_EQ(answer.head["x-echo"], "that");
  EXPECT_EQ(answer.head["content-length"], std::to_string(answer.body.size()));
  EXPECT_EQ(answer.body, "POST /echo/{rest} a b hello");
  EXPECT_TRUE(answer.ended);
}

TEST_F(Http2Front, AHeadHasNoBody) {
  Answer answer;
  request(answer, "HEAD", "/echo/a");
  EXPECT_EQ(answer.head[":status"], "200");
  EXPECT_EQ(answer.body, "");
  EXPECT_TRUE(answer.ended);
}

TEST_F(Http2Front, ABodyInPiecesLeavesPieceByPiece) {
  Answer answer;
  request(answer, "GET", "/stream");
  EXPECT_EQ(answer.head["content-type"], "text/event-stream");
  EXPECT_FALSE(answer.head.contains("content-length"));
  EXPECT_EQ(answer.body, "one");
  EXPECT_FALSE(answer.ended);
  go_on();
  pump();
  EXPECT_EQ(answer.body, "onetwo");
  EXPECT_TRUE(answer.ended);
}

TEST_F(Http2Front, AResetCancelsTheCall) {
  Answer answer;
  const auto stream = request(answer, "GET", "/wait");
  EXPECT_FALSE(was_cancelled_);
  client_->reset(stream, http2::ErrorCode::kCancel);
  pump();
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(Http2Front, AHandlerOutlivesItsStream) {
  Answer answer;
  const auto stream = request(answer, "GET", "/stream");
  client_->reset(stream, http2::ErrorCode::kCancel);
  pump();
  bool empty = false;
  on_loop([&] { front_->begin_shutdown([&] { empty = true; }); });
  EXPECT_FALSE(empty);
  go_on();
  EXPECT_TRUE(was_cancelled_);
  EXPECT_TRUE(empty);
}

TEST_F(Http2Front, ASlowReaderHoldsItsHandlerBack) {
  Answer answer;
  const auto stream = request(answer, "GET", "/flood");
  const std::size_t held_at = flooded_bytes_;
  EXPECT_GT(held_at, 0U);
  client_->consume(stream, std::exchange(answer.unread, 0));
  pump();
  EXPECT_GT(flooded_bytes_, held_at);
  client_->reset(stream, http2::ErrorCode::kCancel);
  pump();
  EXPECT_TRUE(was_cancelled_);
}

TEST_F(Http2Front, ABodyOverTheLimitIsA413) {
  open_front({.max_body_bytes = 4});
  Answer answer;
  const auto stream = request(answer, "POST", "/echo/a", {}, false);
  data(stream, "hello", false);
  EXPECT_EQ(answer.head[":status"], "413");
  EXPECT_EQ(answer.body, "the body is larger than 4 bytes (max_receive_message_bytes)\n");
  EXPECT_EQ(requests_, 0);
}

TEST_F(Http2Front, ARequestThatDoesNotComeInTimeIsA408) {
  open_front({.request_timeout = 1ms});
  Answer answer;
  request(answer, "POST", "/echo/a", {}, false);
  EXPECT_TRUE(eventually([&] {
    pump();
    return answer.ended;
  }));
  EXPECT_EQ(answer.head[":status"], "408");
}

TEST_F(Http2Front, MoreRequestsThanTheLimitAreToldSo) {
  open_front({.max_http2_requests = 1});
  Answer first;
  Answer second;
  Answer third;
  const auto stream = request(first, "GET", "/wait");
  request(second, "GET", "/echo/a");
  EXPECT_EQ(second.head[":status"], "503");
  client_->reset(stream, http2::ErrorCode::kCancel);
  pump();
  request(third, "GET", "/echo/a");
  EXPECT_EQ(third.head[":status"], "200");
}

TEST_F(Http2Front, WhatLooksLikeGrpcIsLeftToGrpc) {
  open_front();
  grpc::HeaderList fields;
  fields.add(":method", "POST", http2::HeaderToken::kMethod);
  fields.add("content-type", "application/grpc-web", http2::HeaderToken::kContentType);
  on_loop([&] { EXPECT_EQ(on_request(1, fields.fields(), true), nullptr); });
}

TEST_F(Http2Front, AnExceptionIsA500WithoutItsText) {
  Answer answer;
  request(answer, "GET", "/throw");
  EXPECT_EQ(answer.head[":status"], "500");
  EXPECT_THAT(log_, HasSubstr("the handler of /throw threw: secret"));
}

TEST_F(Http2Front, TheEndOfTheGraceEndsCalls) {
  Answer waiting;
  Answer streaming;
  request(waiting, "GET", "/wait");
  request(streaming, "GET", "/stream");
  bool empty = false;
  on_loop([&] { front_->begin_shutdown([&] { empty = true; }); });
  on_loop([&] { front_->end_calls(); });
  pump();
  EXPECT_EQ(waiting.head[":status"], "503");
  go_on();
  pump();
  EXPECT_EQ(streaming.body, "onetwoending");
  EXPECT_TRUE(streaming.ended);
  EXPECT_TRUE(empty);
}

}  // namespace
}  // namespace parlance::edge
