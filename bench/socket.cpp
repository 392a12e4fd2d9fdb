#include "socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

namespace bench {
namespace {

constexpr std::size_t kRecordBytes = 16 * 1024;  // the most plaintext of one (RFC 8446 section 5.1)
constexpr std::array<unsigned char, 3> kH2 = {2, 'h', '2'};

int take_h2(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
            unsigned offered_size, void*) {
  const int found = SSL_select_next_proto(const_cast<unsigned char**>(chosen), chosen_size, kH2.data(),
                                          kH2.size(), offered, offered_size);
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Of the one client context that resumes. Servers may take each session once.
std::vector<SSL_SESSION*> kept_sessions;
constexpr std::size_t kMostSessions = 256;

int keep_session(SSL*, SSL_SESSION* session) {
  if (kept_sessions.size() == kMostSessions) return 0;  // OpenSSL frees it
  kept_sessions.push_back(session);
  return 1;
}

sockaddr_in loopback(std::uint16_t port, std::uint32_t host = 1) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7f000000U + host);
  return address;
}

SSL* new_session(const Tls* tls, int fd) {
  if (tls == nullptr) return nullptr;
  SSL* session = SSL_new(tls->context());
  SSL_set_fd(session, fd);
  return session;
}

void set_no_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

}  // namespace

void die(const char* what) {
  std::perror(what);
  std::exit(1);
}

Tls Tls::server(const std::string& certificate_file, const std::string& key_file) {
  SSL_CTX* context = SSL_CTX_new(TLS_server_method());
  if (SSL_CTX_use_certificate_chain_file(context, certificate_file.c_str()) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    ERR_print_errors_fp(stderr);
    std::exit(1);
  }
  SSL_CTX_set_alpn_select_cb(context, take_h2, nullptr);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return Tls{context};
}

Tls Tls::client(bool resumes) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  if (resumes) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep_session);
  }
  SSL_CTX_set_alpn_protos(context, kH2.data(), kH2.size());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return Tls{context};
}

Tls::Tls(Tls&& other) noexcept : context_(std::exchange(other.context_, nullptr)) {}
Tls::~Tls() { SSL_CTX_free(context_); }

SSL_SESSION* Tls::take_session() const {
  if (kept_sessions.empty()) return nullptr;
  SSL_SESSION* session = kept_sessions.back();
  kept_sessions.pop_back();
  return session;
}

Socket Socket::connect(std::uint16_t port, const Tls* tls, unsigned source) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  set_no_delay(fd);
  if (source > 0) {
    const int on = 1;
    setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    const sockaddr_in from = loopback(0, source);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0) die("bind");
  }
  const sockaddr_in to = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
    die("connect");
  SSL* session = new_session(tls, fd);
  if (session != nullptr) {
    SSL_set_connect_state(session);
    SSL_SESSION* earlier = tls->take_session();
    if (earlier != nullptr) SSL_set_session(session, earlier);
    SSL_SESSION_free(earlier);
  }
  return Socket{session, fd};
}

Socket::Socket(int fd, const Tls* tls) : fd_(fd), session_(new_session(tls, fd)) {
  set_no_delay(fd);
  if (session_ != nullptr) SSL_set_accept_state(session_);
}

Socket::Socket(Socket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), session_(std::exchange(other.session_, nullptr)) {}

Socket::~Socket() {
  // Or OpenSSL takes the session for one that broke, and does not take it up again.
  if (session_ != nullptr) SSL_set_shutdown(session_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  SSL_free(session_);
  if (fd_ >= 0) ::close(fd_);
}

bool Socket::resumed() const { return session_ != nullptr && SSL_session_reused(session_) == 1; }

std::ptrdiff_t Socket::outcome(int result) const {
  if (result > 0) return result;
  const int kind = SSL_get_error(session_, result);
  return kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE ? kWouldBlock : kClosed;
}

std::ptrdiff_t Socket::read(std::span<std::byte> into) {
  if (session_ != nullptr) {
    ERR_clear_error();
    return outcome(SSL_read(session_, into.data(), static_cast<int>(into.size())));
  }
  const ssize_t count = ::recv(fd_, into.data(), into.size(), 0);
  if (count > 0) return count;
  return count < 0 && (errno == EAGAIN || errno == ENOTCONN) ? kWouldBlock : kClosed;
}

std::ptrdiff_t Socket::write(std::span<const iovec> parts) {
  if (session_ != nullptr) return write_records(parts);
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  const ssize_t count = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  if (count > 0) return count;
  return count < 0 && errno != EAGAIN && errno != ENOTCONN ? kClosed : kWouldBlock;
}

// Parts are put together, or every frame header would be a record of its own.
std::ptrdiff_t Socket::write_records(std::span<const iovec> parts) {
  std::array<std::byte, kRecordBytes> record;
  std::size_t filled = 0;
  for (const iovec& part : parts) {
    const std::size_t size = std::min(part.iov_len, record.size() - filled);
    std::memcpy(record.data() + filled, part.iov_base, size);
    filled += size;
  }
  ERR_clear_error();
  return outcome(SSL_write(session_, record.data(), static_cast<int>(filled)));
}

int listen_on_loopback(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = loopback(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) die("bind");
  if (::listen(fd, SOMAXCONN) != 0) die("listen");
  return fd;
}

std::uint16_t port_of(int listener) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

}  // namespace bench
