#include "edge/protocol_probe.h"

#include <algorithm>

#include "base/bytes.h"

namespace parlance::edge {
namespace {

// No method of HTTP/1.1 is "PRI".
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kTellingBytes = 4;

}  // namespace

Protocol protocol_of(std::string_view first_bytes) {
  const std::size_t size_bytes = std::min(first_bytes.size(), kTellingBytes);
  if (first_bytes.substr(0, size_bytes) != kPreface.substr(0, size_bytes)) return Protocol::kHttp1;
  return size_bytes < kTellingBytes ? Protocol::kUndecided : Protocol::kHttp2;
}

void ProtocolProbe::start(Duration patience) {
  loop_.arm(*this, loop_.now() + patience);
  stream_->watch_readable(*this);
}

void ProtocolProbe::close() {
  loop_.disarm(*this);
  stream_->close();
}

void ProtocolProbe::on_readable() {
  const net::IoResult result = stream_->read(loop_.read_buffer());
  if (result.closed || result.error) return end(Protocol::kUndecided);
  received_ += as_text(Bytes{loop_.read_buffer()}.first(result.size_bytes));
  const Protocol protocol = protocol_of(received_);
  if (protocol != Protocol::kUndecided) return end(protocol);
  write_own();
  stream_->watch_readable(*this);
}

// A TLS handshake has to write before there is anything to read.
void ProtocolProbe::write_own() {
  while (stream_->wants_write()) {
    const net::IoResult result = stream_->write({});
    if (result.error || result.needs_input) return;  // the next read tells
    if (result.would_block) return stream_->watch_writable(*this);
  }
}

void ProtocolProbe::end(Protocol protocol) {
  loop_.disarm(*this);
  if (protocol == Protocol::kUndecided) close();
  owner_.on_probed(*this, protocol);
}

}  // namespace parlance::edge
