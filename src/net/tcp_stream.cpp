#include "net/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace parlance::net {
namespace {

template <typename GetName>
Endpoint address_of(int fd, GetName get_name) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (get_name(fd, address, &size) != 0) size = sizeof(sa_family_t);
  return Endpoint{address, size};
}

}  // namespace

TcpStream::TcpStream(Loop& loop, int fd) : TcpStream(loop, fd, address_of(fd, ::getpeername)) {}

TcpStream::TcpStream(Loop& loop, int fd, const Endpoint& peer)
    : loop_(loop), fd_(fd), watched_(loop.reactor(), fd, *this), peer_(peer) {
  const int on = 1;
  if (!peer_.is_unix()) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

TcpStream::~TcpStream() { close(); }

void TcpStream::watch_readable(Observer& observer) {
  observer_ = &observer;
  watched_.watch_readable();
}

void TcpStream::watch_writable(Observer& observer) {
  observer_ = &observer;
  watched_.watch_writable();
}

IoResult TcpStream::read(MutableBytes into) {
  const ssize_t count = ::recv(fd_, into.data(), into.size(), 0);
  if (count > 0) return {.size_bytes = static_cast<std::size_t>(count)};
  if (count == 0) return {.closed = true};
  if (errno == EAGAIN || errno == EINTR) return {.would_block = true};
  return {.error = {errno, std::system_category()}};
}

IoResult TcpStream::write(std::span<const iovec> parts) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  const ssize_t count = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  if (count >= 0) return {.size_bytes = static_cast<std::size_t>(count)};
  if (errno == EAGAIN || errno == EINTR) return {.would_block = true};
  return {.error = {errno, std::system_category()}};
}

void TcpStream::shut_down_writing() { ::shutdown(fd_, SHUT_WR); }

void TcpStream::close() {
  if (fd_ < 0) return;
  watched_.forget_closed();
  ::close(std::exchange(fd_, -1));
}

const Endpoint& TcpStream::local() const {
  if (local_ == nullptr) local_ = std::make_unique<const Endpoint>(address_of(fd_, ::getsockname));
  return *local_;
}

}  // namespace parlance::net
