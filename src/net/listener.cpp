#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <cstring>

#include "net/tcp_stream.h"

namespace parlance::net {
namespace asio = boost::asio;
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
  Descriptor& operator=(Descriptor&&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
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

struct Acceptor : std::enable_shared_from_this<Acceptor> {
  Acceptor(Loop& owner, int fd, Endpoint bound)
      : loop(owner), descriptor(owner.io_context(), fd), local(bound), pause(owner.io_context()) {}

  void wait() {
    descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](const boost::system::error_code&) {
                            if (!self->open) return;
                            self->loop.begin_event();
                            self->accept_ready();
                          });
  }

  void accept_ready() {
    for (int i = 0; i < kAcceptsPerEvent && open; ++i) {
      const int fd = ::accept4(descriptor.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        on_accept(std::make_unique<TcpStream>(loop, fd));
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        return wait_later();
      } else if (errno == EAGAIN) {
        break;
      }
    }
    if (open) wait();
  }

  void wait_later() {
    pause.expires_after(kPauseWithoutDescriptors);
    pause.async_wait([self = shared_from_this()](const boost::system::error_code&) {
      if (self->open) self->wait();
    });
  }

  Loop& loop;
  asio::posix::stream_descriptor descriptor;
  Endpoint local;
  asio::steady_timer pause;
  Listener::OnAccept on_accept;
  bool open = true;
};

class SocketListener final : public Listener {
 public:
  explicit SocketListener(std::shared_ptr<Acceptor> acceptor) : acceptor_(std::move(acceptor)) {}
  ~SocketListener() override { shut(); }

  const Endpoint& local() const override { return acceptor_->local; }
  void start(OnAccept on_accept) override {
    acceptor_->on_accept = std::move(on_accept);
    acceptor_->wait();
  }
  void close() override { shut(); }

 private:
  void shut() {
    if (!std::exchange(acceptor_->open, false)) return;
    boost::system::error_code ignored;
    acceptor_->descriptor.close(ignored);
    if (acceptor_->local.is_unix()) {
      ::unlink(reinterpret_cast<const sockaddr_un*>(acceptor_->local.address())->sun_path);
    }
  }

  std::shared_ptr<Acceptor> acceptor_;
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
  auto acceptor = std::make_shared<Acceptor>(loop, fd->release(), Endpoint{address, size});
  return std::make_unique<SocketListener>(std::move(acceptor));
}

}  // namespace parlance::net
