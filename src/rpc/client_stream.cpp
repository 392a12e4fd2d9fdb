#include "rpc/client_stream.h"

#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/status_wire.h"
#include "grpc/timeout.h"
#include "rpc/channel_core.h"
#include "rpc/client_connection.h"
#include "rpc/client_errors.h"
#include "rpc/client_method.h"
#include "rpc/load_report.h"
#include "rpc/loop_channel.h"
#include "rpc/outgoing_call.h"

namespace parlance::detail {
namespace {

// What trailers say, or a header section in their place.
AttemptEnd read_end(http2::HeaderFields fields) {
  AttemptEnd end{.status = grpc::status_from_trailers(fields), .by_server = grpc::has_grpc_status(fields)};
  if (Result<grpc::Metadata> metadata = grpc::Metadata::from_fields(fields)) {
    end.trailers = *std::move(metadata);
  } else if (end.status.ok()) {
    end.status = at_client(metadata.error());
    end.by_server = false;
  }
  return end;
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
  const bool plain = call_.deadline().is_never() && call_.request_metadata().empty() && earlier_ == 0 &&
                     call_.request_encoding() == grpc::Encoding::kIdentity;
  if (!plain) return open_with_more();
  return connection_->http2().open_stream(call_.method().head(), {}, false, *this);
}

http2::StreamId ClientStream::open_with_more() {
  grpc::HeaderList more;
  if (call_.request_encoding() != grpc::Encoding::kIdentity) {
    more.add("grpc-encoding", grpc::to_string(call_.request_encoding()), http2::HeaderToken::kGrpcEncoding);
  }
  if (!call_.deadline().is_never()) {
    const grpc::TimeoutText timeout = grpc::format_timeout(call_.remaining_time());
    more.add_copy("grpc-timeout", timeout.view(), http2::HeaderToken::kGrpcTimeout);
  }
  if (earlier_ > 0) more.add_copy("grpc-previous-rpc-attempts", std::to_string(earlier_));
  call_.request_metadata().append_to(more);
  return connection_->http2().open_stream(call_.method().head(), more.fields(), false, *this);
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
  if (trailers != nullptr && !trailers->empty()) load = load_report_of(*trailers);
  channel->on_attempt_ended(backend_, code, load);
}

void ClientStream::on_headers(http2::HeaderFields fields, bool end_stream) {
  if (ended_) return;
  if (end_stream) return read_trailers(fields);
  RememberedResponses& responses = connection_->responses();
  const SharedResponseHead& head = responses.head(connection_->http2().section_id(), fields);
  if (head->http_status && *head->http_status < 200) return;
  if (!head->error.ok()) return refuse(head->error);
  call_.on_response_head(*this, head);
}

void ClientStream::read_trailers(http2::HeaderFields fields) {
  ClientConnection& connection = *connection_;
  const std::uint64_t section_id = connection.http2().section_id();
  const bool half_closed = call_.half_closed();
  if (connection.responses().is_plain_ok(section_id)) {
    report({.status = {}, .by_server = true});
  } else {
    AttemptEnd end = read_end(fields);
    if (end.status.ok() && end.by_server && end.trailers.empty()) {
      connection.responses().remember_plain_ok(section_id);
    }
    report(std::move(end));
  }
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

// What a stream that ended without a grpc-status means.
Status ClientStream::status_of(const http2::StreamEnd& end) const {
  switch (end.by) {
    case http2::EndedBy::kNobody:
      return missing_trailers();
    case http2::EndedBy::kTransport:
      return connection_->why_lost(end);
    case http2::EndedBy::kLocal:
      return connection_->why_reset(end);
    case http2::EndedBy::kPeer:
      break;
  }
  const bool by_goaway = !end.processed && !end.reason.empty();  // RST_STREAM has no words
  return by_goaway ? goaway_unprocessed() : grpc::status_from_http2(end.code);
}

void ClientStream::on_closed(const http2::StreamEnd& end) {
  connection_->figures().streams.end(ended_ && end.code == http2::ErrorCode::kNoError);
  if (!ended_) {
    count_end(false);
    Status status = call_.at_its_deadline(status_of(end));
    connection_ = nullptr;
    report({.status = std::move(status), .unprocessed = !end.processed});
  }
  delete this;
}

}  // namespace parlance::detail
