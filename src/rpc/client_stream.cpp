#include "rpc/client_stream.h"

#include <algorithm>
#include <charconv>

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/status_wire.h"
#include "grpc/timeout.h"
#include "rpc/channel_core.h"
#include "rpc/client_connection.h"
#include "rpc/load_report.h"
#include "rpc/loop_channel.h"
#include "rpc/outgoing_call.h"

namespace parlance::detail {
namespace {

Status not_grpc(std::string_view content_type) {
  return grpc::make_error(
      StatusCode::kUnknown, "NOT_GRPC",
      "the server answered with content-type '" + std::string{content_type} + "', which is not gRPC",
      {{"observed", std::string{content_type}}});
}

Status unsupported_encoding(std::string_view encoding) {
  return grpc::make_error(
      StatusCode::kInternal, "UNSUPPORTED_ENCODING",
      "the server compresses with '" + std::string{encoding} + "', which it was not offered",
      {{"observed", std::string{encoding}}, {"limit", std::string{grpc::kAcceptEncoding}}});
}

// What a stream that ended without a grpc-status means.
Status status_of_end(const http2::StreamEnd& end) {
  switch (end.by) {
    case http2::EndedBy::kNobody:
      return grpc::make_error(StatusCode::kInternal, "MISSING_TRAILERS",
                              "the server closed the stream without sending a grpc-status");
    case http2::EndedBy::kTransport:
      return grpc::make_error(StatusCode::kUnavailable, end.processed ? "CONNECTION_LOST" : "NOT_PROCESSED",
                              "the connection was lost: " + std::string{end.reason});
    case http2::EndedBy::kPeer:
    case http2::EndedBy::kLocal:
      break;
  }
  if (!end.processed) {
    return grpc::make_error(StatusCode::kUnavailable, "NOT_PROCESSED", "the server did not look at the call");
  }
  return grpc::status_from_http2(end.code, end.reason);
}

std::string_view value_of(http2::HeaderFields fields, http2::HeaderToken token) {
  const auto field = std::ranges::find(fields, token, &http2::HeaderField::token);
  return field == fields.end() ? std::string_view{} : field->value;
}

}  // namespace

ClientStream::ClientStream(OutgoingCall& call, unsigned earlier) : call_(call), earlier_(earlier) {
  call_.add_reference();
}

ClientStream::~ClientStream() { call_.drop_reference(); }

void ClientStream::set_backend(LoopChannel& channel, balancing::BackendId backend) {
  channel_ = &channel;
  backend_ = backend;
}

void ClientStream::open_on(ClientConnection& connection) {
  connection_ = &connection;
  connection.figures().streams.start(connection.loop().now());
  connection.attempts().start(connection.loop().now());
  id_ = open_stream();
  connection.flush();
  call_.on_attempt_open(*this);
}

http2::StreamId ClientStream::open_stream() {
  const ChannelConfig& config = connection_->config();
  grpc::HeaderList fields;
  using enum http2::HeaderToken;
  fields.add(":method", "POST", kMethod);
  fields.add(":scheme", config.tls == nullptr ? "http" : "https", kScheme);
  fields.add(":path", call_.path(), kPath);
  fields.add(":authority", config.authority, kAuthority);
  fields.add("te", "trailers", kTe);
  fields.add("content-type", grpc::kContentType, kContentType);
  if (call_.request_encoding() != grpc::Encoding::kIdentity) {
    fields.add("grpc-encoding", grpc::to_string(call_.request_encoding()), kGrpcEncoding);
  }
  fields.add("grpc-accept-encoding", grpc::kAcceptEncoding, kGrpcAcceptEncoding);
  fields.add("user-agent", config.user_agent, kUserAgent);
  if (!call_.deadline().is_never()) {
    fields.add_copy("grpc-timeout", grpc::format_timeout(call_.deadline().remaining(Clock::now())).view(),
                    kGrpcTimeout);
  }
  if (earlier_ > 0) fields.add_copy("grpc-previous-rpc-attempts", std::to_string(earlier_));
  call_.request_metadata().append_to(fields);
  return connection_->http2().open_stream(fields.fields(), false, *this);
}

void ClientStream::fail(Status status, bool may_retry) {
  report({.status = std::move(status), .may_retry = may_retry});
  delete this;
}

void ClientStream::send(Buffer framed, bool half_close) {
  if (connection_ == nullptr) return;
  if (!framed.empty()) connection_->figures().sent(connection_->loop().now());
  connection_->http2().send_data(id_, std::move(framed), half_close);
  connection_->flush();
}

// As an empty DATA frame, never on the HEADERS, which HTTP/2 allows: a grpc-go server then waits for a
// message for ever.
void ClientStream::half_close() { send({}, true); }

std::size_t ClientStream::queued_bytes() const {
  return connection_ == nullptr ? 0 : connection_->http2().queued_bytes(id_);
}

void ClientStream::consume(std::size_t size_bytes) {
  if (connection_ == nullptr) return;
  connection_->http2().consume(id_, size_bytes);
  connection_->flush();
}

void ClientStream::abandon(StatusCode code) {
  ended_ = true;
  count_end(false);
  tell_policy(code, nullptr);
  if (connection_ == nullptr) {
    if (queue() != nullptr) queue()->remove(*this);
    delete this;
    return;
  }
  ClientConnection& connection = *connection_;
  connection.http2().reset(id_, http2::ErrorCode::kCancel);  // deletes this
  connection.flush();
}

void ClientStream::refuse(Status status) {
  ClientConnection& connection = *connection_;
  report({.status = std::move(status), .may_retry = false});
  connection.http2().reset(id_, http2::ErrorCode::kCancel);  // deletes this
  connection.flush();
}

void ClientStream::report(AttemptEnd end) {
  if (std::exchange(ended_, true)) return;
  count_end(end.status.ok());
  tell_policy(end.status.code(), &end.trailers);
  call_.on_attempt_ended(*this, std::move(end));
}

void ClientStream::count_end(bool ok) {
  if (connection_ != nullptr) connection_->attempts().end(ok);
}

void ClientStream::tell_policy(StatusCode code, const grpc::Metadata* trailers) {
  LoopChannel* channel = std::exchange(channel_, nullptr);
  if (channel == nullptr) return;
  std::optional<balancing::LoadReport> load;
  if (trailers != nullptr) load = load_report_of(*trailers);
  channel->on_attempt_ended(backend_, code, load);
}

void ClientStream::on_headers(http2::HeaderFields fields, bool end_stream) {
  const std::optional<int> status = grpc::http_status(fields);
  if (status && *status < 200) return;
  if (status) http_status_ = status;
  if (ended_) return;
  if (end_stream) return read_trailers(fields);

  const std::string_view content_type = value_of(fields, http2::HeaderToken::kContentType);
  if (http_status_ != 200) return refuse(grpc::status_from_http_status(http_status_.value_or(0)));
  if (grpc::parse_content_type(content_type) == grpc::ContentType::kNotGrpc) {
    return refuse(not_grpc(content_type));
  }
  grpc::Encoding encoding = grpc::Encoding::kIdentity;
  if (const std::string_view name = value_of(fields, http2::HeaderToken::kGrpcEncoding); !name.empty()) {
    const auto known = grpc::parse_encoding(name);
    if (!known) return refuse(unsupported_encoding(name));
    encoding = *known;
  }
  Result<grpc::Metadata> metadata = grpc::Metadata::from_fields(fields);
  if (!metadata) return refuse(std::move(metadata.error()));
  call_.on_response_headers(*this, *std::move(metadata), encoding);
}

void ClientStream::read_trailers(http2::HeaderFields fields) {
  AttemptEnd end{.status = grpc::status_from_trailers(fields, http_status_.value_or(200))};
  if (Result<grpc::Metadata> metadata = grpc::Metadata::from_fields(fields)) {
    end.trailers = *std::move(metadata);
  } else if (end.status.ok()) {
    end.status = std::move(metadata.error());
  }
  ClientConnection& connection = *connection_;
  const bool half_closed = call_.half_closed();
  report(std::move(end));
  if (half_closed) return;
  // The server has answered without waiting for the rest (RFC 9113 section 8.1).
  connection.http2().reset(id_, http2::ErrorCode::kNoError);  // deletes this
  connection.flush();
}

void ClientStream::on_data(Bytes data, bool) {
  if (!ended_) call_.on_response_bytes(*this, data);
}

void ClientStream::on_send_ready() {
  if (!ended_) call_.on_send_ready();
}

void ClientStream::on_closed(const http2::StreamEnd& end) {
  connection_->figures().streams.end(ended_ && end.code == http2::ErrorCode::kNoError);
  if (!ended_) count_end(false);
  connection_ = nullptr;
  if (!ended_) report({.status = call_.at_its_deadline(status_of_end(end)), .unprocessed = !end.processed});
  delete this;
}

}  // namespace parlance::detail
