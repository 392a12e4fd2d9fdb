#include "net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/assert.h"

namespace parlance::net {
namespace {

// One read of the socket: a whole record (16 KiB and its overhead) and some.
constexpr std::size_t kReceiveBytes = 32 * 1024;
// The most plaintext of one record (RFC 8446 section 5.1).
constexpr std::size_t kRecordBytes = 16 * 1024;
// A record and its overhead at most (RFC 5246 section 6.2.3; less in RFC 8446).
constexpr std::size_t kRecordOnTheWireBytes = kRecordBytes + 2048 + 5;
// More is received only while all that it can complete still fits the reader's buffer: plaintext that stays
// behind in the session is nothing the socket would tell of.
constexpr std::size_t kRoomToReceiveBytes = kReceiveBytes + kRecordOnTheWireBytes;
// Records made before they are written: a large write is a few records in one system call.
constexpr std::size_t kRecordsAtOnce = 8;

std::string openssl_reason() {
  const unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  return reason == nullptr ? "the TLS connection broke" : reason;
}

}  // namespace

TlsStream::TlsStream(std::unique_ptr<ByteStream> below, ssl_st* session, Bytes received)
    : below_(std::move(below)), session_(session) {
  SSL_set_bio(session_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  BIO_write(SSL_get_rbio(session_), received.data(), static_cast<int>(received.size()));
  ERR_clear_error();
  SSL_do_handshake(session_);  // a client's first flight; a server waits for it
}

TlsStream::~TlsStream() { SSL_free(session_); }

IoResult TlsStream::broken(int result) const {
  const int kind = SSL_get_error(session_, result);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) return {.would_block = true};
  if (kind == SSL_ERROR_ZERO_RETURN) return {.closed = true};
  std::string why = "TLS: " + openssl_reason();
  if (const long verified = SSL_get_verify_result(session_); verified != X509_V_OK) {
    why += " (" + std::string{X509_verify_cert_error_string(verified)} + ")";
  }
  return {.error = std::make_error_code(std::errc::protocol_error), .why = std::move(why)};
}

IoResult TlsStream::receive_records() {
  std::array<std::byte, kReceiveBytes> buffer;
  IoResult result = below_->read(buffer);
  if (result.size_bytes > 0)
    BIO_write(SSL_get_rbio(session_), buffer.data(), static_cast<int>(result.size_bytes));
  return result;
}

IoResult TlsStream::read(MutableBytes into) {
  require(into.size() >= kRoomToReceiveBytes, "TlsStream::read: the buffer is too small");
  std::size_t filled = 0;
  while (filled < into.size()) {
    ERR_clear_error();
    const int count = SSL_read(session_, into.data() + filled, static_cast<int>(into.size() - filled));
    if (count > 0) {
      filled += static_cast<std::size_t>(count);
      continue;
    }
    IoResult stopped = broken(count);
    if (stopped.would_block && into.size() - filled >= kRoomToReceiveBytes) {
      stopped = receive_records();
      if (stopped.size_bytes > 0) continue;
    }
    flush_records();  // an answer of the handshake, or an alert that says what was wrong
    if (filled == 0) return stopped;
    break;  // what stopped it is met again by the next read
  }
  return {.size_bytes = filled};
}

std::size_t TlsStream::encrypt(std::span<const iovec> parts) {
  std::array<std::byte, kRecordBytes> record;
  std::size_t taken = 0;
  std::size_t offset = 0;  // within the first part left
  for (std::size_t made = 0; made < kRecordsAtOnce && !parts.empty(); ++made) {
    std::size_t filled = 0;
    while (!parts.empty() && filled < record.size()) {
      const std::size_t size = std::min(parts.front().iov_len - offset, record.size() - filled);
      std::memcpy(record.data() + filled, static_cast<const std::byte*>(parts.front().iov_base) + offset,
                  size);
      filled += size;
      offset += size;
      if (offset == parts.front().iov_len) {
        parts = parts.subspan(1);
        offset = 0;
      }
    }
    const int count = SSL_write(session_, record.data(), static_cast<int>(filled));
    if (count <= 0) break;
    taken += static_cast<std::size_t>(count);
  }
  return taken;
}

// What was encrypted counts as written: its records leave first at the next write.
IoResult TlsStream::write(std::span<const iovec> parts) {
  IoResult flushed = flush_records();
  if (flushed.would_block || flushed.error) return flushed;
  if (parts.empty()) return {};
  ERR_clear_error();
  if (const int result = SSL_do_handshake(session_); result <= 0) {
    IoResult stopped = broken(result);
    flush_records();
    if (stopped.would_block) return {.needs_input = true};  // the handshake goes on when the peer answers
    return stopped;
  }
  const std::size_t taken = encrypt(parts);
  flushed = flush_records();
  if (flushed.error) return flushed;
  return {.size_bytes = taken, .would_block = flushed.would_block || taken == 0};
}

bool TlsStream::wants_write() const {
  return sent_ < unsent_.size() || BIO_ctrl_pending(SSL_get_wbio(session_)) > 0;
}

IoResult TlsStream::flush_records() {
  BIO* records = SSL_get_wbio(session_);
  while (wants_write()) {
    if (sent_ == unsent_.size()) {
      unsent_.resize(BIO_ctrl_pending(records));
      BIO_read(records, unsent_.data(), static_cast<int>(unsent_.size()));
      sent_ = 0;
    }
    const iovec part{unsent_.data() + sent_, unsent_.size() - sent_};
    IoResult result = below_->write({&part, 1});
    if (result.error || result.would_block) return result;
    sent_ += result.size_bytes;
  }
  // An idle connection holds no memory for records.
  unsent_ = {};
  sent_ = 0;
  return {};
}

void TlsStream::shut_down_writing() {
  ERR_clear_error();
  SSL_shutdown(session_);  // close_notify
  flush_records();
  below_->shut_down_writing();
}

std::string TlsStream::cipher() const {
  const SSL_CIPHER* cipher = SSL_get_current_cipher(session_);
  const char* name = cipher == nullptr ? nullptr : SSL_CIPHER_standard_name(cipher);
  return name == nullptr ? std::string{} : std::string{name};
}

std::string TlsStream::peer_subject() const {
  X509* certificate = SSL_get0_peer_certificate(session_);
  if (certificate == nullptr) return {};
  BIO* text = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(text, X509_get_subject_name(certificate), 0, XN_FLAG_RFC2253);
  char* data = nullptr;
  const long size = BIO_get_mem_data(text, &data);
  std::string subject{data, static_cast<std::size_t>(size)};
  BIO_free(text);
  return subject;
}

}  // namespace parlance::net
