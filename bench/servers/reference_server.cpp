#include "reference_server.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <CLI/CLI.hpp>
#include <array>
#include <csignal>
#include <cstdio>
#include <list>
#include <optional>

#include "socket.h"

namespace bench {
namespace {

struct Options {
  std::uint16_t port = 0;
  std::uint16_t tls_port = 0;
  std::string certificate;
  std::string key;
};

// What has not been written before a session is asked for more.
constexpr std::size_t kShortOutputBytes = 256 * 1024;

struct Connection {
  Socket socket;
  std::unique_ptr<Session> session;
  std::list<Connection>::iterator self = {};
  std::string out = {};
  std::size_t sent = 0;
  bool waits_to_write = false;
};

struct Listener {
  int fd = -1;
  const Tls* tls = nullptr;
};

class EpollServer {
 public:
  explicit EpollServer(SessionFactory make_session) : make_session_(make_session) {}

  void listen(std::uint16_t port, const Tls* tls) {
    Listener& listener = listeners_.at(listening_++);
    listener = {listen_on_loopback(port), tls};
    watch(listener.fd, EPOLL_CTL_ADD, EPOLLIN, &listener);
    std::printf("listening on 127.0.0.1:%u\n", port_of(listener.fd));
    std::fflush(stdout);
  }

  [[noreturn]] void run() {
    std::array<epoll_event, 256> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) on_event(events[static_cast<std::size_t>(i)].data.ptr);
    }
  }

 private:
  void watch(int fd, int operation, std::uint32_t what, void* who) const {
    epoll_event event{.events = what, .data = {.ptr = who}};
    epoll_ctl(epoll_, operation, fd, &event);
  }

  void on_event(void* who) {
    for (Listener& listener : listeners_) {
      if (who == &listener) return accept_from(listener);
    }
    auto& connection = *static_cast<Connection*>(who);
    if (!read(connection) || !write(connection)) connections_.erase(connection.self);
  }

  void accept_from(const Listener& listener) {
    for (;;) {
      const int fd = ::accept4(listener.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      connections_.push_front({.socket = Socket{fd, listener.tls}, .session = make_session_()});
      Connection& connection = connections_.front();
      connection.self = connections_.begin();
      watch(fd, EPOLL_CTL_ADD, EPOLLIN, &connection);
      if (listener.tls == nullptr) write(connection);
    }
  }

  static bool read(Connection& connection) {
    for (;;) {
      const std::span<std::byte> room = connection.session->room();
      const std::ptrdiff_t count = connection.socket.read(room);
      if (count == Socket::kWouldBlock) return true;
      if (count == Socket::kClosed) return false;
      if (!connection.session->received(static_cast<std::size_t>(count))) return false;
    }
  }

  bool write(Connection& connection) {
    for (;;) {
      if (connection.out.size() - connection.sent < kShortOutputBytes)
        connection.session->fill(connection.out);
      const std::size_t left = connection.out.size() - connection.sent;
      if (left == 0) break;
      const iovec part{connection.out.data() + connection.sent, left};
      const std::ptrdiff_t count = connection.socket.write({&part, 1});
      if (count == Socket::kClosed) return false;
      if (count == Socket::kWouldBlock) return wait_to_write(connection, true);
      connection.sent += static_cast<std::size_t>(count);
      if (connection.sent < connection.out.size()) continue;
      connection.out.clear();
      connection.sent = 0;
    }
    return wait_to_write(connection, false);
  }

  bool wait_to_write(Connection& connection, bool waits) {
    if (std::exchange(connection.waits_to_write, waits) != waits) {
      watch(connection.socket.fd(), EPOLL_CTL_MOD, EPOLLIN | (waits ? EPOLLOUT : 0U), &connection);
    }
    return true;
  }

  SessionFactory make_session_;
  int epoll_ = epoll_create1(EPOLL_CLOEXEC);
  std::array<Listener, 2> listeners_;
  std::size_t listening_ = 0;
  std::list<Connection> connections_;
};

}  // namespace

int serve_reference(int count, char** arguments, const char* what, SessionFactory make_session) {
  CLI::App app{what};
  Options options;
  app.add_option("--port", options.port, "Plaintext; 0: a free one")->capture_default_str();
  CLI::Option* tls_port = app.add_option("--tls-port", options.tls_port, "TLS as well; 0: a free one");
  app.add_option("--cert", options.certificate, "PEM file")->needs(tls_port);
  app.add_option("--key", options.key, "PEM file")->needs(tls_port);
  CLI11_PARSE(app, count, arguments);

  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  EpollServer server{make_session};
  server.listen(options.port, nullptr);
  std::optional<Tls> tls;
  if (!options.certificate.empty()) {
    tls.emplace(Tls::server(options.certificate, options.key));
    server.listen(options.tls_port, &*tls);
  }
  server.run();
}

}  // namespace bench
