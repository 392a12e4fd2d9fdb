#include "edge/http_connection.h"

#include <exception>
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
                               const HttpHandler& handler, const HttpLimits& limits, Owner& owner)
    : loop_(loop),
      stream_(std::move(stream)),
      handler_(handler),
      limits_(limits),
      owner_(owner),
      parser_({.header_bytes = limits.max_header_bytes, .body_bytes = limits.max_body_bytes}),
      input_(std::move(received)) {}

HttpConnection::~HttpConnection() { loop_.disarm(*this); }

void HttpConnection::start() {
  wait_for_request();
  advance();
}

void HttpConnection::refuse(const HttpRefusal& refusal) {
  ends_ = true;
  answer(response_of(refusal));
}

void HttpConnection::begin_shutdown() {
  ends_ = true;
  if (stage_ == Stage::kReading && !parser_.in_request()) close();
}

void HttpConnection::close() {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kClosed;
  loop_.disarm(*this);
  stream_->close();
  if (!running_) owner_.on_http_closed(*this);
}

// Whoever pipelines requests is held back by his socket once there is a request's worth of them.
bool HttpConnection::takes_input() const {
  return input_.size() <= limits_.max_header_bytes && !input_ended_;
}

void HttpConnection::on_readable() {
  if (stage_ == Stage::kLingering) return discard_input();
  read_input();
  if (stage_ == Stage::kWriting) write_output();  // TLS may have waited for this
  advance();
}

void HttpConnection::read_input() {
  const net::IoResult result = stream_->read(loop_.read_buffer());
  if (result.error) return close();
  input_ended_ |= result.closed;
  input_ += as_text(Bytes{loop_.read_buffer()}.first(result.size_bytes));
}

void HttpConnection::discard_input() {
  const net::IoResult result = stream_->read(loop_.read_buffer());
  if (result.closed || result.error) return close();
  stream_->watch_readable(*this);
}

// One request after the other for as long as there is input and nothing to wait for.
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
  if (parser_.in_request() && !was_begun) loop_.arm(*this, loop_.now() + limits_.request_timeout);
  if (parser_.take_expectation()) {
    output_ += continue_response();
    write_output();
  }
  return false;
}

void HttpConnection::handle(HttpRequest request) {
  stage_ = Stage::kHandling;
  loop_.disarm(*this);
  ends_ |= !parser_.keeps_alive();
  is_head_ = request.method == "HEAD";
  path_ = request.path;
  request.peer = stream_->peer().to_peer_string();
  running_.emplace(handler_(std::move(request)));
  starting_handler_ = true;
  running_->start(&HttpConnection::on_handled, this);
  starting_handler_ = false;
}

void HttpConnection::on_handled(void* self) {
  auto& connection = *static_cast<HttpConnection*>(self);
  connection.take_response();
  if (!connection.starting_handler_) connection.advance();
}

void HttpConnection::take_response() {
  HttpResponse response{.status = 500, .body = "the server failed to answer\n"};
  try {
    response = running_->take();
  } catch (const std::exception& exception) {
    owner_.on_http_exception(path_, exception.what());
  } catch (...) {
    owner_.on_http_exception(path_, "not a std::exception");
  }
  running_.reset();
  if (stage_ == Stage::kClosed) return owner_.on_http_closed(*this);
  answer(response);
}

void HttpConnection::answer(const HttpResponse& response) {
  stage_ = Stage::kWriting;
  output_ += serialize(
      response,
      {.version = parser_.version(), .keep_alive = !ends_, .has_body = !std::exchange(is_head_, false)});
  loop_.arm(*this, loop_.now() + limits_.write_timeout);
  write_output();
}

void HttpConnection::on_writable() {
  if (stage_ == Stage::kWriting) loop_.arm(*this, loop_.now() + limits_.write_timeout);
  write_output();
  if (stage_ == Stage::kReading) advance();
}

void HttpConnection::write_output() {
  while (written_bytes_ < output_.size() || stream_->wants_write()) {
    iovec part{.iov_base = output_.data() + written_bytes_, .iov_len = output_.size() - written_bytes_};
    const net::IoResult result = stream_->write({&part, part.iov_len > 0 ? 1UL : 0UL});
    if (result.error) return close();
    written_bytes_ += result.size_bytes;
    if (result.needs_input) return stream_->watch_readable(*this);
    if (result.would_block) return stream_->watch_writable(*this);
  }
  output_.clear();
  written_bytes_ = 0;
  if (stage_ == Stage::kWriting) after_answer();
}

void HttpConnection::after_answer() {
  if (ends_) return linger();
  stage_ = Stage::kReading;
  wait_for_request();
}

void HttpConnection::linger() {
  if (input_ended_) return close();
  stage_ = Stage::kLingering;
  stream_->shut_down_writing();
  loop_.arm(*this, loop_.now() + kLinger);
  stream_->watch_readable(*this);
}

void HttpConnection::wait_for_request() { loop_.arm(*this, loop_.now() + limits_.max_idle); }

void HttpConnection::on_timer() {
  if (stage_ == Stage::kReading && parser_.in_request()) {
    return refuse({408, "the request did not come in time"});
  }
  close();
}

}  // namespace parlance::edge
