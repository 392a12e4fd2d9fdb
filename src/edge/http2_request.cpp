#include "edge/http2_request.h"

#include <utility>

#include "base/concat.h"
#include "base/version.h"
#include "grpc/header_list.h"

namespace parlance::edge {
namespace {

// HTTP/2 has names of fields in lower case (RFC 9113 section 8.2).
std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

}  // namespace

Http2Request::~Http2Request() { loop_.disarm(*this); }

void Http2Request::start(http2::HeaderFields fields, bool end_stream) {
  read_head(fields);
  loop_.arm(*this, loop_.now() + service_.limits.request_timeout);
  if (end_stream) request_complete();
}

void Http2Request::read_head(http2::HeaderFields fields) {
  for (const http2::HeaderField& field : fields) {
    using enum http2::HeaderToken;
    if (field.token == kMethod) {
      request_.method = field.value;
    } else if (field.token == kPath) {
      target_ = field.value;
    } else if (field.token == kAuthority) {
      request_.fields.push_back({"host", std::string{field.value}});
    } else if (!field.name.starts_with(':')) {
      request_.fields.push_back({std::string{field.name}, std::string{field.value}});
    }
  }
  is_head_ = request_.method == "HEAD";
}

void Http2Request::refuse(const HttpRefusal& refusal) {
  refused_ = true;
  loop_.disarm(*this);
  send({.status = refusal.status, .body = refusal.why + "\n"});
}

void Http2Request::on_headers(http2::HeaderFields, bool end_stream) {
  if (end_stream) request_complete();
}

void Http2Request::on_data(Bytes data, bool end_stream) {
  connection_->http2().consume(stream_, data.size());
  connection_->flush();
  if (refused_) return;
  if (data.size() > service_.limits.max_body_bytes - request_.body.size()) {
    return refuse({413, concat("the body is larger than ", service_.limits.max_body_bytes,
                               " bytes (max_receive_message_bytes)")});
  }
  request_.body += as_text(data);
  if (end_stream) request_complete();
}

void Http2Request::request_complete() {
  if (refused_) return;
  auto target = parse_target(target_);
  if (!target) return refuse({400, "the request target is not a path"});
  loop_.disarm(*this);
  request_.path = std::move(target->path);
  request_.query = std::move(target->query);
  request_.peer = connection_->peer();
  HttpOutput& output = *this;
  call_ = std::make_unique<HttpCall>(loop_, service_, std::move(request_), output);
  call_->start();
}

void Http2Request::on_timer() { refuse({408, "the request did not come in time"}); }

void Http2Request::end_call(const Status& status) {
  if (call_ != nullptr) return call_->abort(status);
  if (!refused_) refuse({503, std::string{status.message()}});
}

void Http2Request::close() {
  if (connection_ == nullptr) return;
  Http2Carrier& connection = *connection_;
  connection.http2().reset(stream_, http2::ErrorCode::kCancel);
  connection.flush();
}

void Http2Request::on_closed(const http2::StreamEnd&) {
  connection_ = nullptr;
  loop_.disarm(*this);
  if (call_ != nullptr) return call_->on_client_gone();
  owner_.on_request_over(*this);
}

void Http2Request::on_call_over() {
  loop_.post([gone = std::move(call_)] {});
  if (connection_ == nullptr) owner_.on_request_over(*this);
}

std::string_view Http2Request::peer() const {
  return connection_ != nullptr ? std::string_view{connection_->peer()} : std::string_view{};
}

void Http2Request::send(const HttpResponse& response) {
  if (connection_ == nullptr) return;
  const bool is_empty = is_head_ || response.body.empty();
  send_fields(response, /*has_length=*/true, is_empty);
  if (!is_empty) {
    connection_->http2().send_data(stream_, Buffer::copy_of(as_bytes(response.body)), true);
  }
  connection_->flush();
}

void Http2Request::send_head(const HttpResponse& head) {
  if (connection_ == nullptr) return;
  send_fields(head, /*has_length=*/false, is_head_);
  connection_->flush();
}

void Http2Request::send_fields(const HttpResponse& response, bool has_length, bool end_stream) {
  grpc::HeaderList fields;
  fields.add_copy(":status", std::to_string(response.status), http2::HeaderToken::kStatus);
  fields.add_copy("server", concat("parlance/", kVersion));
  fields.add_copy("date", http_date());
  fields.add("content-type", response.content_type, http2::HeaderToken::kContentType);
  if (has_length) fields.add_copy("content-length", std::to_string(response.body.size()));
  std::vector<std::string> names;
  names.reserve(response.fields.size());
  for (const HttpField& field : response.fields) {
    fields.add(names.emplace_back(lower_case(field.name)), field.value);
  }
  connection_->http2().send_headers(stream_, fields.fields(), end_stream);
}

void Http2Request::send_body(std::string_view text) {
  if (connection_ == nullptr || is_head_ || text.empty()) return;
  connection_->http2().send_data(stream_, Buffer::copy_of(as_bytes(text)), false);
  connection_->flush();
}

void Http2Request::end_body(bool whole) {
  if (connection_ == nullptr || is_head_) return;
  Http2Carrier& connection = *connection_;
  if (whole) {
    connection.http2().send_data(stream_, Buffer{}, true);
  } else {
    connection.http2().reset(stream_, http2::ErrorCode::kInternalError);
  }
  connection.flush();
}

bool Http2Request::is_full() const {
  if (connection_ == nullptr) return false;
  const std::size_t queued = connection_->http2().queued_bytes(stream_);
  return queued > 0 && queued > connection_->send_high_water_bytes();
}

void Http2Request::tell_when_sent() { connection_->http2().tell_when_sent(stream_); }

void Http2Request::on_send_ready() {
  if (call_ != nullptr) call_->on_sent();
}

}  // namespace parlance::edge
