#include "edge/http_connection.h"

#include <algorithm>
#include <utility>

namespace parlance::edge {
namespace {

// A socket closed with input unread is reset, and the reset can overtake the answer.
constexpr std::chrono::seconds kLinger{1};

HttpResponse response_of(const HttpRefusal& refusal) {
  return {.status = refusal.status, .body = refusal.why + "\n"};
}

}  // namespace

HttpConnection::HttpConnection(net::Loop& loop, std::unique_ptr<net::ByteStream> stream, std::string received,
                               const HttpService& service, Owner& owner)
    : loop_(loop),
      stream_(std::move(stream)),
      peer_(stream_->peer().to_peer_string()),
      service_(service),
      owner_(owner),
      parser_({.header_bytes = service.limits.max_header_bytes, .body_bytes = service.limits.max_body_bytes}),
      input_(std::move(received)) {}

HttpConnection::~HttpConnection() {
  loop_.cancel_turn_end(*this);
  loop_.disarm(*this);
}

void HttpConnection::start() {
  wait_for_request();
  advance();
}

void HttpConnection::refuse(const HttpRefusal& refusal) {
  ends_ = true;
  stage_ = Stage::kWriting;
  send(response_of(refusal));
}

void HttpConnection::begin_shutdown() {
  ends_ = true;
  if (stage_ == Stage::kReading && !parser_.in_request()) close();
}

void HttpConnection::end_call(const Status& status) {
  if (call_ != nullptr) call_->abort(status);
}

void HttpConnection::close() {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kClosed;
  loop_.disarm(*this);
  loop_.cancel_turn_end(*this);
  stream_->close();
  if (call_ != nullptr) {
    call_->on_client_gone();
  } else {
    owner_.on_http_closed(*this);
  }
}

// Whoever pipelines requests is held back by his socket once there is a request's worth of them.
bool HttpConnection::takes_input() const {
  return input_.size() <= service_.limits.max_header_bytes && !input_ended_;
}

void HttpConnection::on_readable() {
  if (stage_ == Stage::kLingering) return discard_input();
  read_input();
  if (!output_.empty() || stream_->wants_write()) flush();  // TLS may have waited for this
  advance();
}

void HttpConnection::read_input() {
  const net::IoResult result = stream_->read(loop_.read_buffer());
  if (result.error) return close();
  input_ += as_text(Bytes{loop_.read_buffer()}.first(result.size_bytes));
  if (!result.closed) return;
  input_ended_ = true;
  if (call_ != nullptr) call_->on_client_ended();
}

void HttpConnection::discard_input() {
  const net::IoResult result = stream_->read(loop_.read_buffer());
  if (result.closed || result.error) return close();
  stream_->watch_readable(*this);
}

// One request after the other for as long as there is input and nothing to wait for. Input is awaited also
// while a handler runs: its end says that the client has left.
void HttpConnection::advance() {
  while (stage_ == Stage::kReading && start_request()) {
  }
  if (stage_ == Stage::kReading && input_ended_) return close();
  if (stage_ != Stage::kClosed && stage_ != Stage::kLingering && takes_input()) {
    stream_->watch_readable(*this);
  }
}

// Whether a request, or an answer in place of one, is under way.
bool HttpConnection::start_request() {
  const bool was_begun = parser_.in_request();
  input_.erase(0, parser_.feed(input_));
  auto request = parser_.take();
  if (const auto& refusal = parser_.refusal()) {
    refuse(*refusal);
    return true;
  }
  if (request) {
    handle(*std::move(request));
    return true;
  }
  if (parser_.in_request() && !was_begun) loop_.arm(*this, loop_.now() + service_.limits.request_timeout);
  if (parser_.take_expectation()) {
    output_ += continue_response();
    flush();
  }
  return false;
}

void HttpConnection::handle(HttpRequest request) {
  stage_ = Stage::kHandling;
  loop_.disarm(*this);
  ends_ |= !parser_.keeps_alive();
  is_head_ = request.method == "HEAD";
  request.peer = peer_;
  HttpOutput& output = *this;
  call_ = std::make_unique<HttpCall>(loop_, service_, std::move(request), output);
  call_->start();
}

HttpFraming HttpConnection::framing(HttpFraming::Body body) const {
  return {
      .version = parser_.version(), .keep_alive = !ends_, .body = is_head_ ? HttpFraming::Body::kNone : body};
}

void HttpConnection::send(const HttpResponse& response) {
  output_ += serialize(response, framing(HttpFraming::Body::kWhole));
  flush();
}

void HttpConnection::send_head(const HttpResponse& head) {
  is_chunked_ = parser_.version() >= 11;
  ends_ |= !is_chunked_;
  output_ +=
      serialize(head, framing(is_chunked_ ? HttpFraming::Body::kChunked : HttpFraming::Body::kUntilClose));
  flush();
}

void HttpConnection::send_body(std::string_view text) {
  if (is_head_ || text.empty()) return;
  if (is_chunked_) {
    append_chunk(output_, text);
  } else {
    output_ += text;
  }
  flush();
}

void HttpConnection::end_body(bool whole) {
  if (!whole) {
    is_cut_ = true;
  } else if (is_chunked_ && !is_head_) {
    output_ += last_chunk();
  }
  flush();
}

bool HttpConnection::is_full() const {
  return output_.size() - written_bytes_ > service_.options.send_high_water_bytes;
}

void HttpConnection::on_call_over() {
  loop_.post([gone = std::move(call_)] {});
  if (stage_ == Stage::kClosed) return owner_.on_http_closed(*this);
  stage_ = Stage::kWriting;
  is_head_ = false;
  flush();
}

void HttpConnection::on_writable() {
  if (armed()) wait_to_write();  // it has taken something
  flush();
}

void HttpConnection::on_turn_end() {
  if (write_output()) after_output();
}

// Whether all is written.
bool HttpConnection::write_output() {
  while (written_bytes_ < output_.size() || stream_->wants_write()) {
    iovec part{.iov_base = output_.data() + written_bytes_, .iov_len = output_.size() - written_bytes_};
    const net::IoResult result = stream_->write({&part, part.iov_len > 0 ? 1UL : 0UL});
    if (result.error) return close(), false;
    written_bytes_ += result.size_bytes;
    if (!result.needs_input && !result.would_block) continue;
    if (stage_ != Stage::kReading && !armed()) wait_to_write();
    if (result.needs_input) {
      stream_->watch_readable(*this);
    } else {
      stream_->watch_writable(*this);
    }
    return false;
  }
  output_.clear();
  written_bytes_ = 0;
  return true;
}

void HttpConnection::wait_to_write() {
  if (stage_ != Stage::kReading) loop_.arm(*this, loop_.now() + service_.limits.write_timeout);
}

void HttpConnection::after_output() {
  if (is_cut_) return close();
  if (stage_ == Stage::kHandling) {
    loop_.disarm(*this);
    return call_->on_sent();
  }
  if (stage_ != Stage::kWriting) return;
  if (ends_) return linger();
  stage_ = Stage::kReading;
  wait_for_request();
  advance();
}

void HttpConnection::linger() {
  if (input_ended_) return close();
  stage_ = Stage::kLingering;
  stream_->shut_down_writing();
  loop_.arm(*this, loop_.now() + kLinger);
  stream_->watch_readable(*this);
}

void HttpConnection::wait_for_request() { loop_.arm(*this, loop_.now() + service_.limits.max_idle); }

void HttpConnection::on_timer() {
  if (stage_ == Stage::kReading && parser_.in_request()) {
    return refuse({408, "the request did not come in time"});
  }
  close();
}

}  // namespace parlance::edge
