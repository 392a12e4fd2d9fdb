// The part of ServerStream that keeps a call within the server's memory.

#include "base/concat.h"
#include "rpc/interceptor_chain.h"
#include "rpc/server_connection.h"
#include "rpc/server_stream.h"

namespace parlance::detail {

std::size_t ServerStream::queued_memory_bytes() const {
  return can_send() ? connection_->http2().queued_memory_bytes(id_) : 0;
}

// What is queued is either waited for, or the producer's fault: only the latter is reset for its size.
bool ServerStream::make_room(std::size_t size_bytes) {
  connection_->adapt_output();
  const ServerOptions& options = server_loop_.options();
  const bool ignored_wait = send_queue_full();
  if (ignored_wait) {
    const std::size_t queued = queued_memory_bytes();
    if (queued + size_bytes > options.stream_memory_bytes) {
      const std::string_view knob = "ServerOptions::stream_memory_bytes";
      return shed(memory_limit("the call", options.stream_memory_bytes, queued + size_bytes, knob)), false;
    }
  }
  if (!connection_->has_room(size_bytes)) return shed(connection_->limit_reached()), false;
  LoopMemory& memory = server_loop_.memory();
  while (!memory.reserve(size_bytes)) {
    if (ignored_wait || !server_loop_.shed_slowest(*this, size_bytes)) {
      return shed(memory.limit_reached()), false;
    }
  }
  return true;
}

// Trailers cannot overtake queued data, so a caller who does not read is told by a reset.
void ServerStream::shed(const Status& status) {
  if (server_loop_.memory().may_log(loop_.now())) {
    server_loop_.log(LogLevel::kWarning,
                     concat("a call of ", method_, " from ", peer(), " is ended: ", status.message()));
  }
  if (queued_memory_bytes() > 0) return reset(status, http2::ErrorCode::kEnhanceYourCalm);
  finish(status);
  if (handler_ != nullptr) cancel_and_wake();
}

void ServerStream::charge_unread(std::size_t unread_bytes) {
  if (unread_bytes == unread_bytes_) return;
  memory_.set(kCallMemoryBytes + unread_bytes);
  if (connection_ != nullptr) connection_->recharge_unread(unread_bytes_, unread_bytes);
  unread_bytes_ = unread_bytes;
}

bool ServerStream::has_room_to_receive(std::size_t size_bytes) {
  if (!connection_->has_room(size_bytes)) return fail(connection_->limit_reached()), false;
  if (!server_loop_.memory().reserve(size_bytes)) return fail(server_loop_.memory().limit_reached()), false;
  return true;
}

// Its sender pauses when its window is used up. One call at a time goes on, or messages that are all half
// here would wait for each other.
bool ServerStream::holds_back() {
  if (!server_loop_.memory().is_short() || server_loop_.favours(*this)) return false;
  if (held_back_since_ == TimePoint::max()) {
    held_back_since_ = loop_.now();
    server_loop_.watch_held_back();
  }
  return true;
}

void ServerStream::tend_held_back(Duration patience) {
  if (held_back_since_ == TimePoint::max()) return;
  if (!server_loop_.memory().is_short()) {
    held_back_since_ = TimePoint::max();
    credit_window();
  } else if (loop_.now() - held_back_since_ >= patience && can_send()) {
    held_back_since_ = TimePoint::max();
    fail(server_loop_.memory().limit_reached());
  }
}

}  // namespace parlance::detail
