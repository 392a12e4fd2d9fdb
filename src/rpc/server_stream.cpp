#include "rpc/server_stream.h"

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/header_list.h"
#include "grpc/status_wire.h"
#include "rpc/incoming.h"
#include "rpc/interceptor_chain.h"
#include "rpc/load_report.h"
#include "rpc/request_head.h"
#include "rpc/server_connection.h"
#include "rpc/server_errors.h"

namespace parlance::detail {
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
  plain_http_ = PlainHttp::of(fields);
  if (!plain_http_) begin_call(read_request_head(fields, *connection_, loop_.now()));
}

void ServerStream::begin_call(RequestHead head) {
  server_loop_.figures().start(loop_.now());
  binding_ = head.method;
  if (binding_ != nullptr) method_ = binding_->path();
  authority_ = std::move(head.authority);
  request_metadata_ = std::move(head.metadata);
  request_encoding_ = head.encoding;
  reader_.set_encoding_announced(request_encoding_ != grpc::Encoding::kIdentity);
  accepted_encodings_ = head.accepted_encodings;
  encoding_unsupported_ = head.encoding_unsupported;
  set_compression(server_loop_.options().compression);
  deadline_ = head.deadline;
  limit_deadline();
  if (!deadline_.is_never()) loop_.arm(*this, deadline_.at());
  if (!server_loop_.options().interceptors.empty()) return start_interceptors(head);
  if (!head.error.ok()) return finish(head.error);
  if (binding_->streams_requests()) start_handler();
}

void ServerStream::start_interceptors(const RequestHead& head) {
  interceptors_ = std::make_unique<InterceptorChain>(*this, server_loop_.options().interceptors);
  if (binding_ == nullptr) method_ = interceptors_->keep_path(head.path);
  if (!head.error.ok()) interceptors_->settle(head.error);
  const CallScope scope{this};
  interceptors_->start();
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

void ServerStream::on_headers(http2::HeaderFields, bool end_stream) {
  if (end_stream) request_complete();
}

void ServerStream::on_data(Bytes data, bool end_stream) {
  charged_bytes_ += data.size();
  if (discards_input()) {
    connection_->http2().consume(id_, std::exchange(charged_bytes_, 0));
  } else if (const Status error = reader_.feed(data); !error.ok()) {
    fail(error);
  } else {
    credit_window();
  }
  if (end_stream) {
    request_complete();
  } else if (reader_.has_message()) {
    reader_waiting_.resume();
  }
}

bool ServerStream::discards_input() const {
  if (finished_ || plain_http_) return true;
  return interceptors_ != nullptr && interceptors_->settled() && handler_ == nullptr;
}

void ServerStream::request_complete() {
  request_ended_ = true;
  if (plain_http_) return answer_plain_http();
  if (discards_input()) return;
  if (const Status error = reader_.finish(); !error.ok()) return fail(error);
  if (binding_->streams_requests()) {
    reader_waiting_.resume();
  } else if (interceptors_ == nullptr || interceptors_->proceeds()) {
    start_with_only_message();
  }
}

void ServerStream::proceed() {
  if (binding_->streams_requests()) {
    start_handler();
  } else if (request_ended_) {
    start_with_only_message();
  }
}

void ServerStream::start_with_only_message() {
  if (!reader_.has_message()) return fail(request_cardinality("none"));
  std::optional<grpc::ReceivedMessage> message = next_message();
  if (!message) return;
  if (reader_.has_message()) return fail(request_cardinality("more than one"));
  request_ = *std::move(message);
  start_handler();
}

void ServerStream::start_handler() {
  if (deadline_.expired(loop_.now())) return fail(deadline_passed());
  const CallScope scope{this};
  binding_->start(*this);
}

void ServerStream::answer_plain_http() {
  if (std::exchange(finished_, true)) return;
  plain_http_.answer(connection_->http2(), id_);
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
  if (message && connection_ != nullptr) connection_->figures().received(1, loop_.now());
  if (!message || !(message->compressed || is_filtered())) return message;
  Result<Buffer> payload = decoded(*message);
  if (payload) return grpc::ReceivedMessage{*std::move(payload), message->compressed};
  fail(payload.error());
  return std::nullopt;
}

Result<Buffer> ServerStream::decoded(const grpc::ReceivedMessage& message) const {
  Result<Buffer> payload = message.payload;
  if (message.compressed) {
    const std::size_t limit_bytes = server_loop_.options().max_receive_message_bytes;
    payload = grpc::decompress(request_encoding_, message.payload.bytes(), limit_bytes);
  }
  if (payload && is_filtered()) payload = interceptors_->filter_request(*std::move(payload));
  return payload;
}

bool ServerStream::is_filtered() const { return interceptors_ != nullptr && interceptors_->has_filters(); }

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
  if (is_filtered()) {
    Result<Buffer> filtered = interceptors_->filter_response(std::move(framed));
    if (!filtered) return fail(filtered.error()), false;
    framed = *std::move(filtered);
  }
  send_initial_metadata();
  if (compress && response_encoding_ != grpc::Encoding::kIdentity) {
    framed = grpc::compress_and_frame(response_encoding_, framed.bytes().subspan(grpc::kPrefixBytes));
  }
  connection_->figures().sent(loop_.now());
  connection_->http2().send_data(id_, std::move(framed), false);
  connection_->flush();
  return true;
}

bool ServerStream::send_queue_full() const {
  return can_send() && connection_->http2().queued_bytes(id_) > server_loop_.options().send_high_water_bytes;
}

void ServerStream::end_with(Buffer framed) {
  if (interceptors_ == nullptr) {
    send_message(std::move(framed));
    return finish({});
  }
  if (is_filtered()) {
    Result<Buffer> filtered = interceptors_->filter_response(std::move(framed));
    if (!filtered) return interceptors_->settle(filtered.error());
    framed = *std::move(filtered);
  }
  interceptors_->hold_response(std::move(framed));
  interceptors_->settle({});
}

void ServerStream::end(const Status& status) {
  if (interceptors_ == nullptr) return finish(status);
  interceptors_->settle(status);
}

void ServerStream::interceptors_ended(Status status, Buffer response) {
  if (can_send()) {
    const bool needs_response = status.ok() && (binding_ == nullptr || !binding_->streams_responses());
    if (needs_response && response.empty()) status = no_response();
    if (needs_response && !response.empty()) send_message(std::move(response));
    finish(status);
    if (handler_ != nullptr) cancel_and_wake();  // next() was begun and dropped
  }
  if (binding_ == nullptr) method_ = {};
  interceptors_.reset();
  delete_if_over();
}

// While no handler runs, the interceptors have the last word. A running handler may take its time.
void ServerStream::fail(const Status& status) {
  if (interceptors_ != nullptr && handler_ == nullptr) {
    interceptors_->settle(status);
    return interceptors_->wake();
  }
  finish(status);
  cancel_and_wake();
}

void ServerStream::finish(const Status& status) {
  if (!can_send()) return;
  finished_ = true;
  server_loop_.figures().end(status.ok());
  loop_.disarm(*this);
  if (interceptors_ != nullptr) interceptors_->settle(status);
  add_own_hop();
  grpc::HeaderList fields;
  if (!std::exchange(headers_sent_, true)) {  // Trailers-Only
    fields.add(":status", "200", http2::HeaderToken::kStatus);
    fields.add("content-type", grpc::kContentType, http2::HeaderToken::kContentType);
    if (encoding_unsupported_) {
      fields.add("grpc-accept-encoding", grpc::kAcceptEncoding, http2::HeaderToken::kGrpcAcceptEncoding);
    }
    initial_metadata_.append_to(fields);
  }
  const bool explain = server_loop_.options().explain_errors;
  grpc::append_status(explain ? status : grpc::without_explanation(status), fields);
  if (!retry_pushback_ms_.empty()) fields.add("grpc-retry-pushback-ms", retry_pushback_ms_);
  if (const CallLoad* load = attributes().find<CallLoad>()) {
    trailing_metadata_.add(kLoadReportTrailer, load->report);
  }
  trailing_metadata_.append_to(fields);
  connection_->http2().send_headers(id_, fields.fields(), true);
  connection_->flush();
}

Status ServerStream::status_of_exception(std::exception_ptr thrown, std::string_view who) {
  std::string what = "not a std::exception";
  try {
    std::rethrow_exception(std::move(thrown));
  } catch (const MessageError& error) {
    return error.status();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
  }
  server_loop_.log(LogLevel::kError,
                   std::string{who}.append(" of ").append(method_).append(" threw: ").append(what));
  return exception_left(who);
}

void ServerStream::handler_done() {
  destroy_handler_(std::exchange(handler_, nullptr));
  if (interceptors_ != nullptr) return interceptors_->wake();
  delete_if_over();
}

// Trailers cannot overtake queued data, so a caller who does not read is told by a reset.
void ServerStream::abort(const Status& status) {
  if (!can_send()) return;
  if (connection_->http2().queued_bytes(id_) == 0) {
    finish(status);
    return cancel_and_wake();
  }
  if (interceptors_ != nullptr) interceptors_->settle(status);
  ServerConnection& connection = *connection_;
  connection.http2().reset(id_, http2::ErrorCode::kCancel, status.message());  // may delete this
  connection.flush();
}

void ServerStream::on_timer() { abort(deadline_passed()); }

void ServerStream::on_send_ready() { writer_waiting_.resume(); }

void ServerStream::on_closed(const http2::StreamEnd& end) {
  closing_ = true;
  connection_->figures().streams.end(finished_ && end.code == http2::ErrorCode::kNoError);
  if (!finished_ && !plain_http_) server_loop_.figures().end(false);
  connection_ = nullptr;
  loop_.disarm(*this);
  if (interceptors_ != nullptr) interceptors_->settle(caller_left());
  if (!finished_ || handler_ != nullptr || interceptors_ != nullptr) cancel_and_wake();
  closing_ = false;
  delete_if_over();
}

void ServerStream::cancel_and_wake() {
  cancel();
  reader_waiting_.resume();
  writer_waiting_.resume();
  if (interceptors_ != nullptr) interceptors_->wake();
}

void ServerStream::delete_if_over() {
  if (connection_ == nullptr && handler_ == nullptr && interceptors_ == nullptr && !closing_) delete this;
}

}  // namespace parlance::detail
