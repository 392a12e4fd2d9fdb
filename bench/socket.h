#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <sys/uio.h>

struct ssl_ctx_st;
struct ssl_session_st;
struct ssl_st;

/// Sockets on loopback, plain or with TLS 1.3, for the generator and the reference servers.
namespace bench {

/// A TLS context that all connections of a side share.
class Tls {
 public:
  /// A server's (PEM files), which takes h2 by ALPN. Ends the process when the files cannot be used.
  static Tls server(const std::string& certificate_file, const std::string& key_file);
  /// A client's, which asks for h2 and trusts anybody. `resumes`: keeps the sessions that servers offer and
  /// takes each of them up once, in place of a full handshake.
  static Tls client(bool resumes = false);
  Tls(Tls&& other) noexcept;
  Tls& operator=(Tls&&) = delete;
  ~Tls();
  ssl_ctx_st* context() const { return context_; }
  /// A session to take up, which is then the caller's; null when none is kept.
  ssl_session_st* take_session() const;

 private:
  explicit Tls(ssl_ctx_st* context) : context_(context) {}
  ssl_ctx_st* context_;
};

/// A connected, non-blocking socket with TCP_NODELAY, closed by the destructor.
class Socket {
 public:
  /// Begins to connect to 127.0.0.1. `tls` may be null. `source` spreads connections over 127.0.0.x, so that
  /// a churn of them does not run out of ports.
  static Socket connect(std::uint16_t port, const Tls* tls, unsigned source = 0);
  /// An accepted socket.
  Socket(int fd, const Tls* tls);
  Socket(Socket&& other) noexcept;
  Socket& operator=(Socket&&) = delete;
  ~Socket();

  static constexpr std::ptrdiff_t kWouldBlock = 0;
  static constexpr std::ptrdiff_t kClosed = -1;
  /// How many bytes, or kWouldBlock, or kClosed. Handshakes go on from within.
  std::ptrdiff_t read(std::span<std::byte> into);
  std::ptrdiff_t write(std::span<const iovec> parts);
  int fd() const { return fd_; }
  /// Whether the handshake took up a session.
  bool resumed() const;

 private:
  Socket(ssl_st* session, int fd) : fd_(fd), session_(session) {}
  std::ptrdiff_t outcome(int result) const;
  std::ptrdiff_t write_records(std::span<const iovec> parts);

  int fd_;
  ssl_st* session_ = nullptr;
};

/// A listening, non-blocking socket on 127.0.0.1; ends the process when the port is taken. Port 0: a free
/// one.
int listen_on_loopback(std::uint16_t port);
std::uint16_t port_of(int listener);

/// Prints what failed, with errno, and ends the process.
[[noreturn]] void die(const char* what);

}  // namespace bench
