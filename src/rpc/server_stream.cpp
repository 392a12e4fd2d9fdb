#include "rpc/server_stream.h"

#include <algorithm>

#include "base/version.h"
#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/status_wire.h"
#include "grpc/timeout.h"
#include "rpc/incoming.h"
#include "rpc/server_connection.h"

namespace parlance::detail {
namespace {

Status bad_timeout(std::string_view value) {
  return grpc::make_error(
      StatusCode::kInternal, "BAD_TIMEOUT",
      "grpc-timeout '" + std::string{value} + "' is not 1 to 8 digits and one of H M S m u n",
      {{"observed", std::string{value}}});
}

Status unsupported_encoding(std::string_view encoding) {
  return grpc::make_error(
      StatusCode::kUnimplemented, "UNSUPPORTED_ENCODING",
      "messages compressed with '" + std::string{encoding} +
          "' are not supported; grpc-accept-encoding lists what is",
      {{"observed", std::string{encoding}}, {"limit", std::string{grpc::kAcceptEncoding}}});
}

Status request_cardinality(std::string_view observed) {
  return grpc::make_error(StatusCode::kInternal, "REQUEST_CARDINALITY",
                          "the method takes one request message; the caller sent " + std::string{observed});
}

Status deadline_passed() {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          "the deadline passed before the call was complete", {{"hop", "server"}});
}

}  // namespace

ServerStream::ServerStream(ServerConnection& connection, http2::StreamId id)
    : ServerCall(connection.server_loop().loop()),
      server_loop_(connection.server_loop()),
      connection_(&connection),
      id_(id),
      reader_(server_loop_.options().max_receive_message_bytes) {
  server_loop_.add(*this);
}

ServerStream::~ServerStream() {
  loop_.disarm(*this);
  server_loop_.remove(*this);
}

http2::StreamObserver* ServerStream::accept(ServerConnection& connection, http2::StreamId id,
                                            http2::HeaderFields fields, bool end_stream) {
  auto* stream = new ServerStream{connection, id};
  stream->begin(fields);
  if (end_stream) stream->request_complete();
  return stream;
}

std::string_view ServerStream::peer() const {
  return connection_ != nullptr ? std::string_view{connection_->peer()} : std::string_view{};
}

void ServerStream::begin(http2::HeaderFields fields) {
  http_status_ = grpc::http_status_for_request(fields);
  if (http_status_ != 200) {
    const auto method = std::ranges::find(fields, http2::HeaderToken::kMethod, &http2::HeaderField::token);
    head_request_ = method != fields.end() && method->value == "HEAD";
    if (head_request_ || (method != fields.end() && method->value == "GET")) http_status_ = 200;
    return;  // answered when the request is complete
  }
  http_status_ = 0;
  if (const Status status = read_request(fields); !status.ok()) return reject(status);
  set_compression(server_loop_.options().compression);
  limit_deadline();
  if (!deadline_.is_never()) loop_.arm(*this, deadline_.at());
  if (binding_->streams_requests()) start_handler();
}

Status ServerStream::read_request(http2::HeaderFields fields) {
  bool has_metadata = false;
  for (const http2::HeaderField& field : fields) {
    if (Status status = read_field(field, has_metadata); !status.ok()) return status;
  }
  if (!has_metadata) return {};
  Result<Metadata> metadata = Metadata::from_fields(fields);
  if (!metadata) return std::move(metadata.error());
  request_metadata_ = *std::move(metadata);
  return {};
}

void ServerStream::limit_deadline() {
  const ServerOptions& options = server_loop_.options();
  if (deadline_.is_never() && options.default_timeout > Duration::zero()) {
    deadline_ = Deadline::after(loop_.now(), options.default_timeout);
  }
  if (options.max_timeout > Duration::zero()) {
    deadline_ = earliest(deadline_, Deadline::after(loop_.now(), options.max_timeout));
  }
}

Status ServerStream::read_field(const http2::HeaderField& field, bool& has_metadata) {
  using enum http2::HeaderToken;
  switch (field.token) {
    case kPath:
      binding_ = connection_->route(field);
      if (binding_ == nullptr) return server_loop_.routes().unknown(field.value);
      method_ = binding_->path();
      break;
    case kAuthority:
      authority_ = field.value;
      break;
    case kGrpcTimeout: {
      const std::optional<Duration> timeout = grpc::parse_timeout(field.value);
      if (!timeout) return bad_timeout(field.value);
      deadline_ = Deadline::after(loop_.now(), *timeout);
      break;
    }
    case kGrpcEncoding:
      if (const auto encoding = grpc::parse_encoding(field.value)) {
        request_encoding_ = *encoding;
        reader_.set_encoding_announced(*encoding != grpc::Encoding::kIdentity);
      } else {
        encoding_unsupported_ = true;
        return unsupported_encoding(field.value);
      }
      break;
    case kGrpcAcceptEncoding:
      accepted_encodings_ = grpc::accepted_encodings(field.value);
      has_metadata = true;
      break;
    case kOther:
    case kUserAgent:
      has_metadata = true;
      break;
    default:
      break;
  }
  return {};
}

void ServerStream::reject(const Status& status) { finish(status); }

void ServerStream::on_headers(http2::HeaderFields, bool end_stream) {
  if (end_stream) request_complete();
}

void ServerStream::on_data(Bytes data, bool end_stream) {
  charged_bytes_ += data.size();
  if (finished_ || http_status_ != 0) {
    connection_->http2().consume(id_, std::exchange(charged_bytes_, 0));
  } else if (const Status error = reader_.feed(data); !error.ok()) {
    reject(error);
    cancel_and_wake();
  } else {
    credit_window();
  }
  if (end_stream) {
    request_complete();
  } else if (reader_.has_message()) {
    reader_waiting_.resume();
  }
}

void ServerStream::request_complete() {
  request_ended_ = true;
  if (http_status_ != 0) return answer_plain_http();
  if (finished_) return;
  if (const Status error = reader_.finish(); !error.ok()) {
    reject(error);
    return cancel_and_wake();
  }
  if (binding_->streams_requests()) {
    reader_waiting_.resume();
    return;
  }
  if (!reader_.has_message()) return reject(request_cardinality("none"));
  std::optional<grpc::ReceivedMessage> message = next_message();
  if (!message) return;
  if (reader_.has_message()) return reject(request_cardinality("more than one"));
  request_ = *std::move(message);
  start_handler();
}

void ServerStream::start_handler() {
  if (deadline_.expired(loop_.now())) return reject(deadline_passed());
  const CallScope scope{this};
  binding_->start(*this);
}

void ServerStream::answer_plain_http() {
  if (std::exchange(finished_, true)) return;
  const std::string text =
      http_status_ == 200 ? "This is a gRPC server (parlance " + std::string{kVersion} + ").\n"
                          : "This is a gRPC server: it answers POST with content-type application/grpc.\n";
  const std::string status = std::to_string(http_status_);
  grpc::HeaderList fields;
  fields.add(":status", status, http2::HeaderToken::kStatus);
  fields.add("content-type", "text/plain; charset=utf-8", http2::HeaderToken::kContentType);
  connection_->http2().send_headers(id_, fields.fields(), head_request_);
  if (!head_request_) connection_->http2().send_data(id_, Buffer::copy_of(as_bytes(text)), true);
  connection_->flush();
}

std::optional<grpc::ReceivedMessage> ServerStream::try_read() {
  if (cancelled()) return std::nullopt;
  std::optional<grpc::ReceivedMessage> message = next_message();
  credit_window();
  return message;
}

std::optional<grpc::ReceivedMessage> ServerStream::next_message() {
  std::optional<grpc::ReceivedMessage> message = reader_.next();
  if (!message || !message->compressed) return message;
  const std::size_t limit_bytes = server_loop_.options().max_receive_message_bytes;
  Result<Buffer> payload = grpc::decompress(request_encoding_, message->payload.bytes(), limit_bytes);
  if (payload) return grpc::ReceivedMessage{*std::move(payload), true};
  reject(payload.error());
  cancel_and_wake();
  return std::nullopt;
}

bool ServerStream::set_compression(grpc::Encoding encoding) {
  const bool accepted = encoding == grpc::Encoding::kIdentity ||
                        (accepted_encodings_ & 1U << static_cast<unsigned>(encoding)) != 0;
  if (!accepted || headers_sent_) return false;
  response_encoding_ = encoding;
  return true;
}

bool ServerStream::reads_ended() const { return request_ended_ || cancelled(); }

// Bytes of whole messages stay charged until they are read, so a handler that does not read holds its caller
// back. Those of the message under way are given back at once, or it could never be completed.
void ServerStream::credit_window() {
  const std::size_t held = reader_.has_message() ? reader_.bytes_buffered() : 0;
  if (connection_ == nullptr || charged_bytes_ <= held) return;
  connection_->http2().consume(id_, charged_bytes_ - held);
  charged_bytes_ = held;
  connection_->flush();
}

void ServerStream::send_initial_metadata() {
  if (!can_send() || std::exchange(headers_sent_, true)) return;
  grpc::HeaderList fields;
  fields.add(":status", "200", http2::HeaderToken::kStatus);
  fields.add("content-type", grpc::kContentType, http2::HeaderToken::kContentType);
  if (response_encoding_ != grpc::Encoding::kIdentity) {
    fields.add("grpc-encoding", grpc::to_string(response_encoding_), http2::HeaderToken::kGrpcEncoding);
  }
  initial_metadata_.append_to(fields);
  connection_->http2().send_headers(id_, fields.fields(), false);
  connection_->flush();
}

bool ServerStream::send_message(Buffer framed, bool compress) {
  if (!can_send()) return false;
  send_initial_metadata();
  if (compress && response_encoding_ != grpc::Encoding::kIdentity) {
    framed = grpc::compress_and_frame(response_encoding_, framed.bytes().subspan(grpc::kPrefixBytes));
  }
  connection_->http2().send_data(id_, std::move(framed), false);
  connection_->flush();
  return true;
}

bool ServerStream::send_queue_full() const {
  return can_send() && connection_->http2().queued_bytes(id_) > server_loop_.options().send_high_water_bytes;
}

void ServerStream::finish(const Status& status) {
  if (!can_send()) return;
  finished_ = true;
  loop_.disarm(*this);
  grpc::HeaderList fields;
  if (!std::exchange(headers_sent_, true)) {  // Trailers-Only
    fields.add(":status", "200", http2::HeaderToken::kStatus);
    fields.add("content-type", grpc::kContentType, http2::HeaderToken::kContentType);
    if (encoding_unsupported_) {
      fields.add("grpc-accept-encoding", grpc::kAcceptEncoding, http2::HeaderToken::kGrpcAcceptEncoding);
    }
    initial_metadata_.append_to(fields);
  }
  grpc::append_status(status, fields);
  trailing_metadata_.append_to(fields);
  connection_->http2().send_headers(id_, fields.fields(), true);
  connection_->flush();
}

Status ServerStream::status_of_exception(std::exception_ptr thrown) {
  std::string what = "not a std::exception";
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const MessageError& error) {
    return error.status();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  server_loop_.log(LogLevel::kError, "the handler of " + std::string{method_} + " threw: " + what);
  return grpc::make_error(StatusCode::kUnknown, "HANDLER_EXCEPTION",
                          "the handler failed; the server's log has the reason");
}

void ServerStream::handler_done() {
  destroy_handler_(std::exchange(handler_, nullptr));
  delete_if_over();
}

// Trailers cannot overtake queued data, so a caller who does not read is told by a reset.
void ServerStream::abort(const Status& status) {
  if (!can_send()) return;
  if (connection_->http2().queued_bytes(id_) == 0) {
    finish(status);
    return cancel_and_wake();
  }
  ServerConnection& connection = *connection_;
  connection.http2().reset(id_, http2::ErrorCode::kCancel, status.message());  // may delete this
  connection.flush();
}

void ServerStream::on_timer() { abort(deadline_passed()); }

void ServerStream::on_send_ready() { writer_waiting_.resume(); }

void ServerStream::on_closed(const http2::StreamEnd&) {
  closing_ = true;
  connection_ = nullptr;
  loop_.disarm(*this);
  if (!finished_ || handler_ != nullptr) cancel_and_wake();
  closing_ = false;
  delete_if_over();
}

void ServerStream::cancel_and_wake() {
  cancel();
  reader_waiting_.resume();
  writer_waiting_.resume();
}

void ServerStream::delete_if_over() {
  if (connection_ == nullptr && handler_ == nullptr && !closing_) delete this;
}

}  // namespace parlance::detail
