// The part of OutgoingCall that its messages go through: filtered, compressed and kept on the way out,
// decompressed and filtered on the way in.

#include "grpc/compression.h"
#include "rpc/channel_core.h"
#include "rpc/client_connection.h"
#include "rpc/client_errors.h"
#include "rpc/client_stream.h"
#include "rpc/outgoing_call.h"

namespace parlance::detail {

Buffer OutgoingCall::encoded(Buffer framed, bool compress) const {
  if (!compress || request_encoding_ == grpc::Encoding::kIdentity) return framed;
  return grpc::compress_and_frame(request_encoding_, framed.bytes().subspan(grpc::kPrefixBytes));
}

void OutgoingCall::hold(Buffer framed, bool compress) {
  if (interceptors_ == nullptr) return messages_.add(encoded(std::move(framed), compress));
  interceptors_->hold({std::move(framed), compress});
}

Result<Buffer> OutgoingCall::prepared(Buffer framed, bool compress) const {
  if (interceptors_ != nullptr) {
    Result<Buffer> filtered = interceptors_->filter_request(std::move(framed));
    if (!filtered) return filtered;
    framed = *std::move(filtered);
  }
  framed = encoded(std::move(framed), compress);
  if (Status status = check_request_size(framed.size()); !status.ok()) return std::unexpected(status);
  return framed;
}

bool OutgoingCall::send_message(Buffer message, bool compress) {
  if (ended_ || half_closed_) return false;
  if (interceptors_ != nullptr && !interceptors_->proceeds()) {
    hold(std::move(message), compress);
    return true;
  }
  Result<Buffer> framed = prepared(std::move(message), compress);
  if (!framed) {
    end_with(std::move(framed.error()));
    return false;
  }
  for (ClientStream* attempt : attempts_) attempt->send(*framed, false);
  if (is_committed_) return true;
  messages_.add(*std::move(framed));
  if (messages_.bytes() > config_.options.retry_buffer_bytes && !attempts_.empty() &&
      attempts_.first().is_open()) {
    commit(attempts_.first());
  }
  return true;
}

void OutgoingCall::half_close() {
  if (ended_ || std::exchange(half_closed_, true)) return;
  for (ClientStream* attempt : attempts_) attempt->half_close();
}

bool OutgoingCall::send_queue_full() const {
  if (ended_) return false;
  const std::size_t limit = config_.options.send_high_water_bytes;
  if (attempts_.empty() || !attempts_.first().is_open()) return messages_.bytes() > limit;
  return attempts_.first().queued_bytes() > limit;
}

std::optional<Buffer> OutgoingCall::try_read() {
  if (interceptors_ != nullptr && interceptors_->has_kept()) return interceptors_->take_kept();
  std::optional<Result<Buffer>> message = next_response();
  if (!message) return std::nullopt;
  if (*message) return **std::move(message);
  spoil(std::move(message->error()));
  return std::nullopt;
}

std::optional<Result<Buffer>> OutgoingCall::next_response() {
  std::optional<Result<Buffer>> message = response_.next();
  if (!message) return std::nullopt;
  credit_window();
  const bool filters = *message && interceptors_ != nullptr && !interceptors_->settled();
  return filters ? interceptors_->filter_response(**std::move(message)) : std::move(message);
}

Status OutgoingCall::filter_the_rest() {
  if (!interceptors_->has_filters()) return {};
  while (auto message = next_response()) {
    if (!*message) return std::move(message->error());
    interceptors_->keep(**std::move(message));
  }
  return {};
}

void OutgoingCall::discard_messages() {
  discarding_ = true;
  if (interceptors_ != nullptr) interceptors_->drop_kept();
  response_.drop_all();
  credit_window();
}

void OutgoingCall::credit_window() {
  if (attempts_.empty()) return;
  if (const std::size_t bytes = response_.take_credit(); bytes > 0) attempts_.first().consume(bytes);
}

}  // namespace parlance::detail
