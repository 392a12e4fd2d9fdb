#include "net/tcp_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <cerrno>

namespace parlance::net {
namespace asio = boost::asio;

// Shared with the wait handlers in flight, which find `open` false after close().
struct TcpStream::Socket {
  Socket(Loop& owner, int fd)
      : loop(owner),
        socket(owner.io_context(),
               asio::generic::stream_protocol{address_of(fd, false).family(), IPPROTO_TCP}, fd),
        peer(address_of(fd, true)),
        local(address_of(fd, false)) {}

  static Endpoint address_of(int fd, bool peer) {
    sockaddr_storage storage{};
    socklen_t size = sizeof storage;
    auto* address = reinterpret_cast<sockaddr*>(&storage);
    if ((peer ? getpeername(fd, address, &size) : getsockname(fd, address, &size)) != 0)
      size = sizeof(sa_family_t);
    return Endpoint{address, size};
  }

  Loop& loop;
  asio::generic::stream_protocol::socket socket;
  Endpoint peer;
  Endpoint local;
  bool open = true;
  bool waiting_to_read = false;
  bool waiting_to_write = false;
};

TcpStream::TcpStream(Loop& loop, int fd) : socket_(std::make_shared<Socket>(loop, fd)) {
  const int on = 1;
  if (!socket_->local.is_unix()) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  boost::system::error_code ignored;
  socket_->socket.native_non_blocking(true, ignored);
}

TcpStream::~TcpStream() { close(); }

void TcpStream::watch_readable(Observer& observer) {
  if (std::exchange(socket_->waiting_to_read, true)) return;
  socket_->socket.async_wait(asio::socket_base::wait_read,
                             [socket = socket_, &observer](const boost::system::error_code&) {
                               socket->waiting_to_read = false;
                               if (!socket->open) return;
                               socket->loop.begin_event();
                               observer.on_readable();
                             });
}

void TcpStream::watch_writable(Observer& observer) {
  if (std::exchange(socket_->waiting_to_write, true)) return;
  socket_->socket.async_wait(asio::socket_base::wait_write,
                             [socket = socket_, &observer](const boost::system::error_code&) {
                               socket->waiting_to_write = false;
                               if (!socket->open) return;
                               socket->loop.begin_event();
                               observer.on_writable();
                             });
}

IoResult TcpStream::read(MutableBytes into) {
  const ssize_t count = ::recv(socket_->socket.native_handle(), into.data(), into.size(), 0);
  if (count > 0) return {.size_bytes = static_cast<std::size_t>(count)};
  if (count == 0) return {.closed = true};
  if (errno == EAGAIN || errno == EINTR) return {.would_block = true};
  return {.error = {errno, std::system_category()}};
}

IoResult TcpStream::write(std::span<const iovec> parts) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts.data());
  message.msg_iovlen = parts.size();
  const ssize_t count = ::sendmsg(socket_->socket.native_handle(), &message, MSG_NOSIGNAL);
  if (count >= 0) return {.size_bytes = static_cast<std::size_t>(count)};
  if (errno == EAGAIN || errno == EINTR) return {.would_block = true};
  return {.error = {errno, std::system_category()}};
}

void TcpStream::shut_down_writing() { ::shutdown(socket_->socket.native_handle(), SHUT_WR); }

void TcpStream::close() {
  socket_->open = false;
  boost::system::error_code ignored;
  socket_->socket.close(ignored);
}

const Endpoint& TcpStream::peer() const { return socket_->peer; }
const Endpoint& TcpStream::local() const { return socket_->local; }

}  // namespace parlance::net
