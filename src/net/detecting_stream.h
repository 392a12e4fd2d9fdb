#pragma once

#include <cstddef>
#include <memory>
#include <optional>

#include "net/byte_stream.h"
#include "net/tls_context.h"

namespace parlance::net {

/// The server's end of a connection that may or may not speak TLS: its first byte tells (0x16 begins a TLS
/// handshake, RFC 8446 section 5.1, and no HTTP/2 preface). Nothing is written before that byte has come.
class DetectingStream final : public ByteStream {
 public:
  DetectingStream(std::unique_ptr<ByteStream> below, std::shared_ptr<TlsContext> tls);

  void watch_readable(Observer& observer) override { below_->watch_readable(observer); }
  void watch_writable(Observer& observer) override { below_->watch_writable(observer); }
  IoResult read(MutableBytes into) override;
  IoResult write(std::span<const iovec> parts) override;
  bool wants_write() const override { return known() && below_->wants_write(); }
  void shut_down_writing() override { below_->shut_down_writing(); }
  void close() override { below_->close(); }
  std::string cipher() const override { return below_->cipher(); }
  const Endpoint& peer() const override { return below_->peer(); }
  const Endpoint& local() const override { return below_->local(); }

 private:
  bool known() const { return tls_ == nullptr; }
  IoResult detect();

  std::unique_ptr<ByteStream> below_;
  std::shared_ptr<TlsContext> tls_;  // until the first byte is seen
  std::optional<std::byte> first_;   // of plaintext, until it is read
};

}  // namespace parlance::net
