#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/byte_stream.h"
#include "net/tls_context.h"

namespace parlance::net {

/// TLS on a socket, by OpenSSL over memory (no socket of its own): what the peer sends is decrypted by
/// read(), what is written is encrypted into records of up to 16 KiB and leaves in one system call. The
/// handshake happens within reads and writes. A failed handshake or a broken record is an error whose `why`
/// says what OpenSSL says.
class TlsStream final : public ByteStream {
 public:
  /// `session`: a new one of a TlsContext; taken over. `received`: what was read of the stream below before.
  TlsStream(std::unique_ptr<ByteStream> below, ssl_st* session, Bytes received = {});
  ~TlsStream() override;

  void watch_readable(Observer& observer) override { below_->watch_readable(observer); }
  void watch_writable(Observer& observer) override { below_->watch_writable(observer); }
  /// `into` holds at least 51 KiB (checked): a read leaves no plaintext behind, since only the
  /// stream below tells its observer of more.
  IoResult read(MutableBytes into) override;
  IoResult write(std::span<const iovec> parts) override;
  bool wants_write() const override;
  void shut_down_writing() override;
  void close() override { below_->close(); }
  std::string cipher() const override;
  const Endpoint& peer() const override { return below_->peer(); }
  const Endpoint& local() const override { return below_->local(); }

  /// After the handshake: the subject of the peer's certificate (RFC 4514), empty when it gave none.
  std::string peer_subject() const;

 private:
  IoResult receive_records();
  IoResult flush_records();
  IoResult broken(int result) const;
  std::size_t encrypt(std::span<const iovec> parts);

  std::unique_ptr<ByteStream> below_;
  ssl_st* session_;
  std::vector<std::byte> unsent_;  // records on their way, of which sent_ bytes have gone
  std::size_t sent_ = 0;
};

}  // namespace parlance::net
