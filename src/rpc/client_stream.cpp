#include "rpc/client_stream.h"

#include <algorithm>

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/status_wire.h"
#include "grpc/timeout.h"
#include "rpc/channel_core.h"
#include "rpc/client_call.h"
#include "rpc/client_transport.h"
#include "rpc/server_call.h"

namespace parlance::detail {
namespace {

// What a handler keeps of its own time to use the answer of a call it makes: 5 ms, or a tenth of a shorter
// time.
constexpr Duration kLargestMargin = std::chrono::milliseconds{5};
constexpr int kMarginFraction = 10;

Status cancelled_here() {
  return grpc::make_error(StatusCode::kCancelled, "CANCELLED_BY_CALLER", "the caller cancelled the call");
}

Status parent_cancelled() {
  return grpc::make_error(StatusCode::kCancelled, "PARENT_CANCELLED",
                          "the server call that this call was made for has ended", {{"knob", "detach()"}});
}

Status deadline_passed() {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          "the deadline passed before the call was complete",
                          {{"hop", "client"}, {"knob", "CallOptions::timeout"}});
}

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

}  // namespace

ClientStream::ClientStream(net::Loop& loop, Channel channel, std::string_view path,
                           const CallOptions& options)
    : loop_(loop),
      channel_(std::move(channel)),
      path_(path),
      send_high_water_bytes_(channel_.core().config().options.send_high_water_bytes),
      deadline_(options.deadline),
      wait_for_ready_(options.wait_for_ready),
      request_encoding_(options.compression.value_or(channel_.core().config().options.compression)),
      reader_(channel_.core().config().options.max_receive_message_bytes) {
  if (options.timeout > Duration::zero()) {
    deadline_ = earliest(deadline_, Deadline::after(Clock::now(), options.timeout));
  }
  if (options.metadata != nullptr) request_metadata_ = *options.metadata;
}

ClientStreamRef ClientStream::start(const Channel& channel, std::string_view path, const CallOptions& options,
                                    std::optional<Buffer> first_message, bool half_close) {
  net::Loop* current = net::Loop::current();
  net::Loop& loop = current != nullptr ? *current : net::background_loop();
  ChannelCore& core = channel.core();
  core.attach(loop);
  auto* stream = new ClientStream{loop, channel, path, options};
  if (first_message) {
    stream->unsent_.push_back(stream->encoded(*std::move(first_message), options.request.compress));
  }
  stream->half_closed_ = half_close;
  ClientStreamRef reference{stream};

  if (ServerCall* parent = current_call(); parent != nullptr && !options.detached) stream->inherit(*parent);
  stream->add_reference();  // the transport's, until the end
  if (current != nullptr) {
    stream->begin(core.key().transport_on(loop));
  } else {
    loop.post([stream, key = core.key()] { stream->begin(key.transport_on(stream->loop_)); });
  }
  return reference;
}

// The server call's budget less what it needs to use the answer, and its end.
void ClientStream::inherit(ServerCall& parent) {
  const TimePoint now = Clock::now();
  const Duration remaining = parent.deadline().remaining(now);
  if (remaining != Duration::max()) {
    const Duration margin = std::min(kLargestMargin, remaining / kMarginFraction);
    deadline_ = earliest(deadline_, Deadline::after(now, remaining - margin));
  }
  parent.on_cancelled(*this);
}

void ClientStream::on_cancelled() { end_with(parent_cancelled()); }

void ClientStream::begin(ClientTransport& transport) {
  if (ended_) return drop_reference();  // cancelled before it began
  if (deadline_.expired(Clock::now())) return fail(deadline_passed());
  if (!deadline_.is_never()) loop_.arm(*this, deadline_.at());
  waiting_in_ = &transport;
  transport.start(*this);
}

void ClientStream::open_on(ClientConnection& connection) {
  waiting_in_ = nullptr;
  connection_ = &connection;
  const ChannelConfig& config = connection.config();
  grpc::HeaderList fields;
  using enum http2::HeaderToken;
  fields.add(":method", "POST", kMethod);
  fields.add(":scheme", config.tls == nullptr ? "http" : "https", kScheme);
  fields.add(":path", path_, kPath);
  fields.add(":authority", config.authority, kAuthority);
  fields.add("te", "trailers", kTe);
  fields.add("content-type", grpc::kContentType, kContentType);
  if (request_encoding_ != grpc::Encoding::kIdentity) {
    fields.add("grpc-encoding", grpc::to_string(request_encoding_), kGrpcEncoding);
  }
  fields.add("grpc-accept-encoding", grpc::kAcceptEncoding, kGrpcAcceptEncoding);
  fields.add("user-agent", config.user_agent, kUserAgent);
  if (!deadline_.is_never()) {
    fields.add_copy("grpc-timeout", grpc::format_timeout(deadline_.remaining(Clock::now())).view(),
                    kGrpcTimeout);
  }
  request_metadata_.append_to(fields);

  http2::Connection& http2 = connection.http2();
  id_ = http2.open_stream(fields.fields(), false, *this);
  // Not on the HEADERS, which HTTP/2 allows: a grpc-go server then waits for a message for ever.
  if (half_closed_ && unsent_.empty()) http2.send_data(id_, {}, true);
  for (std::size_t i = 0; i < unsent_.size(); ++i) {
    http2.send_data(id_, std::move(unsent_[i]), half_closed_ && i + 1 == unsent_.size());
  }
  unsent_.clear();
  connection.flush();
  writer_waiting_.resume();
}

void ClientStream::fail(Status status) {
  waiting_in_ = nullptr;
  end(std::move(status));
  drop_reference();
}

std::optional<Buffer> ClientStream::try_read() {
  auto message = reader_.next();
  if (!message) return std::nullopt;
  credit_window();
  if (!message->compressed) return std::move(message->payload);
  const std::size_t limit_bytes = channel_.core().config().options.max_receive_message_bytes;
  Result<Buffer> payload = grpc::decompress(response_encoding_, message->payload.bytes(), limit_bytes);
  if (payload) return *std::move(payload);
  spoil(std::move(payload.error()));
  return std::nullopt;
}

void ClientStream::spoil(Status status) {
  if (!ended_) return end_with(std::move(status));
  if (status_.ok()) status_ = std::move(status);
}

Buffer ClientStream::encoded(Buffer framed, bool compress) const {
  if (!compress || request_encoding_ == grpc::Encoding::kIdentity) return framed;
  return grpc::compress_and_frame(request_encoding_, framed.bytes().subspan(grpc::kPrefixBytes));
}

bool ClientStream::send_message(Buffer framed, bool compress) {
  if (ended_ || half_closed_) return false;
  framed = encoded(std::move(framed), compress);
  if (connection_ == nullptr) {
    unsent_.push_back(std::move(framed));
    return true;
  }
  connection_->http2().send_data(id_, std::move(framed), false);
  connection_->flush();
  return true;
}

void ClientStream::half_close() {
  if (ended_ || std::exchange(half_closed_, true) || connection_ == nullptr) return;
  connection_->http2().send_data(id_, {}, true);
  connection_->flush();
}

bool ClientStream::send_queue_full() const {
  if (ended_) return false;
  if (connection_ != nullptr) return connection_->http2().queued_bytes(id_) > send_high_water_bytes_;
  std::size_t bytes = 0;
  for (const Buffer& buffer : unsent_) bytes += buffer.size();
  return bytes > send_high_water_bytes_;
}

void ClientStream::cancel() { end_with(cancelled_here()); }

void ClientStream::end_with(Status status) {
  if (ended_) return;
  add_reference();
  end(std::move(status));
  if (waiting_in_ != nullptr) {
    std::exchange(waiting_in_, nullptr)->forget(*this);
    drop_reference();
  } else if (connection_ != nullptr) {
    ClientConnection& connection = *connection_;
    connection.http2().reset(id_, http2::ErrorCode::kCancel);
    connection.flush();
  }
  drop_reference();
}

void ClientStream::cancel_from_anywhere() {
  if (loop_.is_current()) return cancel();
  add_reference();
  loop_.post([this] {
    cancel();
    drop_reference();
  });
}

void ClientStream::discard_messages() {
  discarding_ = true;
  while (reader_.next()) {
  }
  credit_window();
}

// Bytes of whole messages stay charged until they are read; those of the message under way are given back at
// once, or it could never be completed.
void ClientStream::credit_window() {
  const std::size_t held = reader_.has_message() ? reader_.bytes_buffered() : 0;
  if (connection_ == nullptr || charged_bytes_ <= held) return;
  connection_->http2().consume(id_, charged_bytes_ - held);
  charged_bytes_ = held;
  connection_->flush();
}

void ClientStream::on_headers(http2::HeaderFields fields, bool end_stream) {
  const std::optional<int> status = grpc::http_status(fields);
  if (status && *status < 200) return;
  if (status) http_status_ = status;
  if (end_stream) return read_trailers(fields);

  headers_received_ = true;
  const auto type = std::ranges::find(fields, http2::HeaderToken::kContentType, &http2::HeaderField::token);
  const std::string_view content_type = type == fields.end() ? std::string_view{} : type->value;
  if (http_status_ != 200) return end_with(grpc::status_from_http_status(http_status_.value_or(0)));
  if (grpc::parse_content_type(content_type) == grpc::ContentType::kNotGrpc) {
    return end_with(not_grpc(content_type));
  }
  if (Status refused = read_encoding(fields); !refused.ok()) return end_with(std::move(refused));
  Result<Metadata> metadata = Metadata::from_fields(fields);
  if (!metadata) return end_with(std::move(metadata.error()));
  initial_metadata_ = *std::move(metadata);
  headers_waiting_.resume();
}

Status ClientStream::read_encoding(http2::HeaderFields fields) {
  const auto field = std::ranges::find(fields, http2::HeaderToken::kGrpcEncoding, &http2::HeaderField::token);
  if (field == fields.end()) return {};
  const auto encoding = grpc::parse_encoding(field->value);
  if (!encoding) return unsupported_encoding(field->value);
  response_encoding_ = *encoding;
  reader_.set_encoding_announced(*encoding != grpc::Encoding::kIdentity);
  return {};
}

void ClientStream::read_trailers(http2::HeaderFields fields) {
  Status status = grpc::status_from_trailers(fields, http_status_.value_or(200));
  if (Result<Metadata> metadata = Metadata::from_fields(fields)) {
    trailing_metadata_ = *std::move(metadata);
  } else if (status.ok()) {
    status = std::move(metadata.error());
  }
  if (status.ok()) status = reader_.finish();
  add_reference();
  end(std::move(status));
  if (!half_closed_ && connection_ != nullptr) {
    // The server has answered without waiting for the rest (RFC 9113 section 8.1).
    connection_->http2().reset(id_, http2::ErrorCode::kNoError);
  }
  drop_reference();
}

void ClientStream::on_data(Bytes data, bool) {
  charged_bytes_ += data.size();
  if (ended_) return;
  if (Status error = reader_.feed(data); !error.ok()) return end_with(std::move(error));
  if (discarding_) return discard_messages();
  credit_window();
  if (reader_.has_message()) reader_waiting_.resume();
}

void ClientStream::on_send_ready() { writer_waiting_.resume(); }

void ClientStream::on_closed(const http2::StreamEnd& end_of_stream) {
  connection_ = nullptr;
  if (!ended_) {
    Status status = status_of_end(end_of_stream);
    // A server may end the stream at the deadline it was told, just before the timer here.
    const bool in_time = !deadline_.expired(loop_.now());
    end(status.code() != StatusCode::kCancelled || in_time ? std::move(status) : deadline_passed());
  }
  drop_reference();
}

void ClientStream::on_timer() { end_with(deadline_passed()); }

void ClientStream::end(Status status) {
  if (std::exchange(ended_, true)) return;
  loop_.disarm(*this);
  stop_listening();
  status_ = std::move(status);
  add_reference();
  headers_waiting_.resume();
  reader_waiting_.resume();
  writer_waiting_.resume();
  end_waiting_.resume();
  drop_reference();
}

void ClientStream::drop_reference() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void ClientStream::dropped_by_caller() {
  if (loop_.is_current()) {
    cancel();
    return drop_reference();
  }
  const bool posted = loop_.post([this] {
    cancel();
    drop_reference();
  });
  if (!posted) drop_reference();
}

Result<Buffer> only_message(ClientStream& stream) {
  if (!stream.status().ok()) return std::unexpected(stream.status());
  std::optional<Buffer> message = stream.try_read();
  if (!stream.status().ok()) return std::unexpected(stream.status());
  if (!message || stream.has_message()) {
    return std::unexpected(grpc::make_error(StatusCode::kUnimplemented, "RESPONSE_CARDINALITY",
                                            message
                                                ? "the server sent more than one response to a unary call"
                                                : "the server sent OK without a response to a unary call"));
  }
  return *std::move(message);
}

}  // namespace parlance::detail
