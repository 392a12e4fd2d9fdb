#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/timer_heap.h"
#include "net/reactor.h"
#include "net/tcp_stream.h"

namespace parlance::net {
namespace {

constexpr int kBacklog = 1024;
// Connections taken in one go before the loop turns to others.
constexpr int kAcceptsPerEvent = 64;
// After the process ran out of descriptors; accepting again at once would spin.
constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int release() { return std::exchange(fd_, -1); }

  int fd_;
};

std::unexpected<std::string> failure(const Endpoint& endpoint, const char* step) {
  return std::unexpected("cannot " + std::string{step} + " " + endpoint.to_string() + ": " +
                         std::strerror(errno));
}

// Whether other sockets may be bound to the same address (those of our other loops).
enum class Sharing : std::uint8_t { kAlone, kShared };

std::expected<Descriptor, std::string> bound_socket(const Endpoint& endpoint, Sharing sharing) {
  Descriptor fd{::socket(endpoint.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (fd.get() < 0) return failure(endpoint, "open a socket for");
  const int on = 1;
  const int off = 0;
  if (!endpoint.is_unix()) setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!endpoint.is_unix() && sharing == Sharing::kShared) {
    setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  }
  if (endpoint.family() == AF_INET6) setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(fd.get(), endpoint.address(), endpoint.size_bytes()) != 0) return failure(endpoint, "bind");
  return fd;
}

// A socket file left by a process that is gone refuses connections.
void remove_stale_socket_file(const Endpoint& endpoint) {
  const Descriptor probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(probe.get(), endpoint.address(), endpoint.size_bytes()) != 0 && errno == ECONNREFUSED) {
    ::unlink(reinterpret_cast<const sockaddr_un*>(endpoint.address())->sun_path);
  }
}

class SocketListener final : public Listener, WatchedDescriptor::Watcher, TimerNode {
 public:
  SocketListener(Loop& loop, Descriptor fd, const Endpoint& local)
      : loop_(loop), fd_(std::move(fd)), local_(local) {
    watched_.emplace(loop.reactor(), fd_.get(), static_cast<WatchedDescriptor::Watcher&>(*this));
  }
  ~SocketListener() override { shut(); }

  const Endpoint& local() const override { return local_; }
  void start(OnAccept on_accept) override {
    on_accept_ = std::move(on_accept);
    watched_->watch_readable();
  }
  void close() override { shut(); }

 private:
  void on_readable() override {
    loop_.begin_event();
    for (int i = 0; i < kAcceptsPerEvent && watched_; ++i) {
      sockaddr_storage peer;
      socklen_t peer_bytes = sizeof peer;
      auto* address = reinterpret_cast<sockaddr*>(&peer);
      const int fd = ::accept4(fd_.get(), address, &peer_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        on_accept_(std::make_unique<TcpStream>(loop_, fd, Endpoint{address, peer_bytes}));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return loop_.arm(*this, loop_.now() + kPauseWithoutDescriptors);
      } else if (errno == EAGAIN) {
        break;
      }
    }
    if (watched_) watched_->watch_readable();
  }
  void on_writable() override {}
  void on_timer() override { watched_->watch_readable(); }

  void shut() {
    if (!watched_) return;
    loop_.disarm(*this);
    watched_->forget_closed();
    watched_.reset();
    fd_ = Descriptor{-1};
    if (local_.is_unix()) {
      ::unlink(reinterpret_cast<const sockaddr_un*>(local_.address())->sun_path);
    }
  }

  Loop& loop_;
  Descriptor fd_;
  std::optional<WatchedDescriptor> watched_;  // until it is shut
  const Endpoint local_;
  OnAccept on_accept_;
};

}  // namespace

std::optional<std::string> Listener::why_not_free(const Endpoint& endpoint) {
  if (endpoint.is_unix() || endpoint.port() == 0) return std::nullopt;
  const auto probe = bound_socket(endpoint, Sharing::kAlone);
  return probe ? std::nullopt : std::optional{probe.error()};
}

std::expected<std::unique_ptr<Listener>, std::string> Listener::open(Loop& loop, const Endpoint& endpoint) {
  if (endpoint.is_unix()) remove_stale_socket_file(endpoint);
  auto fd = bound_socket(endpoint, Sharing::kShared);
  if (!fd) return std::unexpected(fd.error());
  if (::listen(fd->get(), kBacklog) != 0) return failure(endpoint, "listen on");

  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  auto* address = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd->get(), address, &size) != 0) return failure(endpoint, "read back the address of");
  return std::make_unique<SocketListener>(loop, *std::move(fd), Endpoint{address, size});
}

}  // namespace parlance::net
