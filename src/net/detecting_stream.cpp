#include "net/detecting_stream.h"

#include <array>
#include <utility>

#include "net/tls_stream.h"

namespace parlance::net {
namespace {

constexpr std::byte kTlsHandshake{0x16};

}  // namespace

DetectingStream::DetectingStream(std::unique_ptr<ByteStream> below, std::shared_ptr<TlsContext> tls)
    : below_(std::move(below)), tls_(std::move(tls)) {}

IoResult DetectingStream::detect() {
  std::array<std::byte, 1> first;
  IoResult seen = below_->read(first);
  if (seen.size_bytes == 0) return seen;
  const auto tls = std::exchange(tls_, nullptr);
  if (first[0] == kTlsHandshake) {
    below_ = std::make_unique<TlsStream>(std::move(below_), tls->new_server_session(), first);
  } else {
    first_ = first[0];
  }
  return seen;
}

IoResult DetectingStream::read(MutableBytes into) {
  if (!known()) {
    IoResult seen = detect();
    if (!known()) return seen;
  }
  if (!first_) return below_->read(into);
  into[0] = *std::exchange(first_, std::nullopt);
  return {.size_bytes = 1 + below_->read(into.subspan(1)).size_bytes};
}

IoResult DetectingStream::write(std::span<const iovec> parts) {
  if (!known()) return {.needs_input = true};
  return below_->write(parts);
}

}  // namespace parlance::net
