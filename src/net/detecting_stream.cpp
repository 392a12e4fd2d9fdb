#include "net/detecting_stream.h"

#include <array>
#include <utility>

#include "net/tls_stream.h"

namespace parlance::net {
namespace {

constexpr std::byte kTlsHandshake{0x16};

}  // namespace

DetectingStream::DetectingStream(std::unique_ptr<TcpStream> socket, std::shared_ptr<TlsContext> tls)
    : below_(std::move(socket)), tls_(std::move(tls)) {}

IoResult DetectingStream::read(MutableBytes into) {
  if (!known()) {
    std::array<std::byte, 1> first;
    IoResult seen = static_cast<TcpStream&>(*below_).peek(first);
    if (seen.size_bytes == 0) return seen;
    const auto tls = std::exchange(tls_, nullptr);
    if (first[0] == kTlsHandshake) {
      below_ = std::make_unique<TlsStream>(std::move(below_), tls->new_server_session());
    }
  }
  return below_->read(into);
}

IoResult DetectingStream::write(std::span<const iovec> parts) {
  if (!known()) return {.needs_input = true};
  return below_->write(parts);
}

}  // namespace parlance::net
