#include "net/http2_transport.h"

#include <array>

namespace parlance::net {
namespace {

// Bytes read from one connection in a row before others get their turn: four buffers.
constexpr int kReadsPerEvent = 4;
// The system takes 1024 (IOV_MAX); past some dozens a larger gather saves no more system calls.
constexpr std::size_t kPartsPerWrite = 64;

}  // namespace

Http2Transport::Http2Transport(Loop& loop, TcpStream stream, http2::Role role, const http2::Limits& limits,
                               http2::ConnectionObserver& observer, Owner& owner)
    : loop_(loop), owner_(owner), stream_(std::move(stream)), connection_(role, limits, observer) {
  stream_.watch_readable(*this);
  flush();
}

Http2Transport::~Http2Transport() {
  loop_.cancel_turn_end(*this);
  connection_.on_transport_closed(closed_because_);
}

void Http2Transport::close(std::string_view reason) {
  if (!socket_open_) return;
  socket_open_ = false;
  closed_because_ = reason;
  stream_.close();
  flush();
}

void Http2Transport::on_readable() {
  for (int i = 0; i < kReadsPerEvent; ++i) {
    const MutableBytes buffer = loop_.read_buffer();
    const IoResult result = stream_.read(buffer);
    if (result.closed) return close("the peer closed the connection");
    if (result.error) return close("reading failed: " + result.error.message());
    if (result.size_bytes > 0) connection_.receive(buffer.first(result.size_bytes), loop_.now());
    if (!socket_open_) return;
    if (result.would_block || result.size_bytes < buffer.size()) break;
  }
  flush();
  stream_.watch_readable(*this);
}

void Http2Transport::on_writable() {
  blocked_ = false;
  flush();
}

void Http2Transport::write_pending() {
  std::array<iovec, kPartsPerWrite> parts;
  while (socket_open_ && !blocked_ && connection_.wants_write()) {
    const std::size_t count = connection_.gather(parts);
    if (count == 0) return;
    const IoResult result = stream_.write({parts.data(), count});
    if (result.error) return close("writing failed: " + result.error.message());
    connection_.wrote(result.size_bytes);
    if (result.would_block) {
      blocked_ = true;
      stream_.watch_writable(*this);
    }
  }
}

void Http2Transport::on_turn_end() {
  write_pending();
  if (socket_open_ && connection_.finished() && !connection_.wants_write()) {
    close(connection_.error() ? connection_.error()->reason : "the connection is finished");
  }
  if (socket_open_) return;
  loop_.cancel_turn_end(*this);
  connection_.on_transport_closed(closed_because_);
  owner_.on_transport_closed(closed_because_);  // may destroy this
}

}  // namespace parlance::net
