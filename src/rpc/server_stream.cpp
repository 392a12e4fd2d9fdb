#include "rpc/server_stream.h"

#include "grpc/error_details.h"
#include "rpc/incoming.h"
#include "rpc/interceptor_chain.h"
#include "rpc/request_head.h"
#include "rpc/server_connection.h"
#include "rpc/server_errors.h"

namespace parlance::detail {

ServerStream::ServerStream(ServerConnection& connection, http2::StreamId id, SharedRequestHead head)
    : ServerCall(connection.server_loop().loop(), head->metadata),
      server_loop_(connection.server_loop()),
      connection_(&connection),
      id_(id),
      head_(std::move(head)),
      reader_(server_loop_.options().max_receive_message_bytes),
      memory_(server_loop_.memory(), kCallMemoryBytes) {
  server_loop_.add(*this);
}

ServerStream::~ServerStream() {
  loop_.disarm(*this);
  server_loop_.remove(*this);
}

http2::StreamObserver* ServerStream::accept(ServerConnection& connection, http2::StreamId id,
                                            SharedRequestHead head, bool end_stream) {
  auto* stream = new ServerStream{connection, id, std::move(head)};
  stream->begin();
  if (end_stream) stream->request_complete();
  return stream;
}

std::string_view ServerStream::peer() const {
  return connection_ != nullptr ? std::string_view{connection_->peer()} : std::string_view{};
}

void ServerStream::begin() {
  if (head_->plain_http) return;
  if (head_->error.ok() && server_loop_.memory().is_short()) {
    begin_call(server_loop_.memory().limit_reached());
  } else {
    begin_call(head_->error);
  }
}

void ServerStream::begin_call(const Status& error) {
  server_loop_.figures().start(loop_.now());
  binding_ = head_->method;
  if (CallCounters* counters = server_loop_.counters()) counters->start(method_number());
  if (binding_ != nullptr) method_ = binding_->path();
  authority_ = head_->authority;
  may_want_hops_ = head_->wants_hops;
  reader_.set_encoding_announced(head_->encoding != grpc::Encoding::kIdentity);
  set_compression(server_loop_.options().compression);
  deadline_giver_ = set_deadline(head_->timeout, server_loop_.options());
  if (!deadline_.is_never()) loop_.arm(*this, deadline_.at());
  if (!server_loop_.options().interceptors.empty()) return start_interceptors(error);
  if (!error.ok()) return finish(refused(error));
  if (binding_->streams_requests()) start_handler();
}

std::size_t ServerStream::method_number() const {
  return binding_ != nullptr ? binding_->number() : server_loop_.routes().method_count();
}

void ServerStream::count_end(StatusCode status) {
  CallCounters* counters = server_loop_.counters();
  if (counters == nullptr) return;
  counters->end(method_number(), {.status = status,
                                  .duration = Clock::now() - received_at(),
                                  .sent_bytes = sent_bytes_,
                                  .received_bytes = received_bytes_});
}

void ServerStream::start_interceptors(const Status& error) {
  InterceptedCall& self = *this;
  interceptors_ = std::make_unique<InterceptorChain>(self, server_loop_.options().interceptors);
  if (binding_ == nullptr) method_ = interceptors_->keep_path(head_->path);
  if (!error.ok()) interceptors_->settle(refused(error));
  const CallScope scope{this};
  interceptors_->start();
}

Metadata& ServerStream::mutable_request_metadata() {
  if (own_head_ == nullptr) {
    const auto own = std::make_shared<RequestHead>(*head_);
    own_head_ = own.get();
    may_want_hops_ = true;
    head_ = own;
    authority_ = own->authority;
    request_metadata_ = &own->metadata;
  }
  return own_head_->metadata;
}

Status ServerStream::past_deadline() const {
  return deadline_passed(deadline_giver_, deadline_.at() - received_at());
}

void ServerStream::on_headers(http2::HeaderFields, bool end_stream) {
  if (end_stream) request_complete();
}

void ServerStream::on_data(Bytes data, bool end_stream) {
  charged_bytes_ += data.size();
  if (discards_input()) {
    connection_->http2().consume(id_, std::exchange(charged_bytes_, 0));
  } else if (has_room_to_receive(data.size())) {
    const Status error = reader_.feed(data);
    charge_unread(reader_.bytes_buffered());
    if (reader_.has_message()) server_loop_.favour_nobody(*this);
    if (error.ok()) {
      credit_window();
    } else {
      fail(refused(error));
    }
  }
  if (end_stream) {
    request_complete();
  } else if (reader_.has_message()) {
    reader_waiting_.resume();
  }
}

bool ServerStream::discards_input() const {
  if (finished_ || head_->plain_http) return true;
  return interceptors_ != nullptr && interceptors_->settled() && handler_ == nullptr;
}

void ServerStream::request_complete() {
  request_ended_ = true;
  if (head_->plain_http) return answer_plain_http();
  if (discards_input()) return;
  if (const Status error = reader_.finish(); !error.ok()) return fail(refused(error));
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
  if (!reader_.has_message()) return fail(refused(request_missing()));
  std::optional<grpc::ReceivedMessage> message = next_message();
  if (!message) return;
  if (reader_.has_message()) return fail(refused(request_not_single()));
  request_ = *std::move(message);
  start_handler();
}

void ServerStream::start_handler() {
  if (deadline_.expired(loop_.now())) return fail(past_deadline());
  const CallScope scope{this};
  binding_->start(*this);
}

void ServerStream::answer_plain_http() {
  if (std::exchange(finished_, true)) return;
  head_->plain_http.answer(connection_->http2(), id_);
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
  charge_unread(reader_.bytes_buffered());
  if (message) received_bytes_ += message->payload.size();
  if (message && connection_ != nullptr) connection_->figures().received(1, loop_.now());
  if (!message || !(message->compressed || is_filtered())) return message;
  Result<Buffer> payload = decoded(*message);
  if (payload) return grpc::ReceivedMessage{*std::move(payload), message->compressed};
  fail(refused(payload.error()));
  return std::nullopt;
}

Result<Buffer> ServerStream::decoded(const grpc::ReceivedMessage& message) const {
  Result<Buffer> payload = message.payload;
  if (message.compressed) {
    const std::size_t limit_bytes = server_loop_.options().max_receive_message_bytes;
    payload = grpc::decompress(head_->encoding, message.payload.bytes(), limit_bytes);
  }
  if (payload && is_filtered()) payload = interceptors_->filter_request(*std::move(payload));
  return payload;
}

bool ServerStream::is_filtered() const { return interceptors_ != nullptr && interceptors_->has_filters(); }

bool ServerStream::reads_ended() const { return request_ended_ || cancelled(); }

// Bytes of whole messages stay charged until they are read, so a handler that does not read holds its caller
// back. Those of the message under way are given back at once, or it could never be completed.
void ServerStream::credit_window() {
  const std::size_t held = reader_.has_message() ? reader_.bytes_buffered() : 0;
  if (connection_ == nullptr || charged_bytes_ <= held || holds_back()) return;
  connection_->http2().consume(id_, charged_bytes_ - held);
  charged_bytes_ = held;
  connection_->flush();
}

void ServerStream::end_with(Buffer framed) {
  if (is_filtered()) {
    Result<Buffer> filtered = interceptors_->filter_framed_response(std::move(framed));
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

// A message that found no memory may find some later.
Status ServerStream::refused(const Status& status) {
  const auto info = grpc::error_info(status);
  if (!info || info->reason != "OUT_OF_MEMORY") set_retry_pushback(std::nullopt);
  return of_request(status);
}

void ServerStream::on_send_ready() { writer_waiting_.resume(); }

}  // namespace parlance::detail
