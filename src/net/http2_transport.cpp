#include "net/http2_transport.h"

#include <array>

namespace parlance::net {
namespace {

// Bytes read from one connection in a row before others get their turn: four buffers.
constexpr int kReadsPerEvent = 4;
// The system takes 1024 (IOV_MAX); past some dozens a larger gather saves no more system calls.
constexpr std::size_t kPartsPerWrite = 64;
// A socket closed with input unread is reset, and the reset can overtake the last GOAWAY at the client. So a
// server reads on for a while after it has said all.
constexpr std::chrono::seconds kLinger{1};

std::string reason_of(const IoResult& result) {
  return result.why.empty() ? result.error.message() : result.why;
}

}  // namespace

Http2Transport::Http2Transport(Loop& loop, std::unique_ptr<ByteStream> stream, http2::Role role,
                               const http2::Limits& limits, http2::ConnectionObserver& observer, Owner& owner)
    : loop_(loop),
      role_(role),
      owner_(owner),
      stream_(std::move(stream)),
      connection_(role, limits, observer),
      last_received_(loop.now()) {
  stream_->watch_readable(*this);
  flush();
}

Http2Transport::~Http2Transport() {
  loop_.cancel_turn_end(*this);
  loop_.disarm(*this);
  connection_.on_transport_closed(closed_because_);
}

void Http2Transport::close(std::string_view reason) {
  if (!socket_open_) return;
  socket_open_ = false;
  if (closed_because_.empty()) closed_because_ = reason;
  stream_->close();
  flush();
}

void Http2Transport::break_off(const char* what, const IoResult& result) {
  error_ = result.error;
  close(what + reason_of(result));
}

void Http2Transport::on_readable() {
  last_received_ = loop_.now();
  if (lingering_) return discard_input();
  for (int i = 0; i < kReadsPerEvent; ++i) {
    const MutableBytes buffer = loop_.read_buffer();
    const IoResult result = stream_->read(buffer);
    if (result.closed) return close("the peer closed the connection");
    if (result.error) return break_off("reading failed: ", result);
    if (result.size_bytes > 0) connection_.receive(buffer.first(result.size_bytes), loop_.now());
    if (!socket_open_) return;
    if (result.would_block || result.size_bytes < buffer.size()) break;
  }
  flush();
  stream_->watch_readable(*this);
}

void Http2Transport::discard_input() {
  const IoResult result = stream_->read(loop_.read_buffer());
  if (result.closed || result.error) return close("the client has closed");
  stream_->watch_readable(*this);
}

void Http2Transport::linger() {
  closed_because_ = connection_.error() ? connection_.error()->reason : "the connection is finished";
  if (role_ == http2::Role::kClient) return close({});
  lingering_ = true;
  stream_->shut_down_writing();
  loop_.arm(*this, loop_.now() + kLinger);
}

void Http2Transport::on_timer() { close("the client did not close in time"); }

void Http2Transport::on_writable() {
  blocked_ = false;
  flush();
}

void Http2Transport::write_pending() {
  std::array<iovec, kPartsPerWrite> parts;
  while (socket_open_ && !blocked_ && wants_write()) {
    const std::size_t count = connection_.gather(parts);
    if (count == 0 && !stream_->wants_write()) return;
    const IoResult result = stream_->write({parts.data(), count});
    if (result.error) return break_off("writing failed: ", result);
    connection_.wrote(result.size_bytes);
    if (result.needs_input) return;  // on_readable comes back here
    if (result.would_block) {
      blocked_ = true;
      stream_->watch_writable(*this);
    }
  }
}

void Http2Transport::on_turn_end() {
  write_pending();
  if (socket_open_) owner_.on_flushed();
  if (socket_open_ && !lingering_ && connection_.finished() && !wants_write()) linger();
  if (socket_open_) return;
  loop_.cancel_turn_end(*this);
  connection_.on_transport_closed(closed_because_);
  owner_.on_transport_closed(closed_because_);  // may destroy this
}

}  // namespace parlance::net
