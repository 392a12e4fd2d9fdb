#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/endpoint.h"
#include "net/loop.h"
#include "net/tcp_stream.h"

namespace parlance::net {

/// Accepts connections for one loop. Several loops listen on the same address, each with its own listener
/// (SO_REUSEPORT); the kernel spreads connections over them.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<TcpStream>)>;

  /// Binds and listens; the error says which address and why not. With port 0, `local()` tells which one it
  /// is. An existing Unix socket file that nobody listens on is replaced.
  static std::expected<std::unique_ptr<Listener>, std::string> open(Loop& loop, const Endpoint& endpoint);
  ~Listener();
  /// Why nobody can listen on a TCP address alone: another process does, perhaps one that would share it
  /// (SO_REUSEPORT) and take half of the connections. Nothing when it is free, and for port 0 and Unix paths.
  static std::optional<std::string> why_not_free(const Endpoint& endpoint);

  const Endpoint& local() const;
  /// Starts accepting; `on_accept` runs on the loop. Only on the loop's thread.
  void start(OnAccept on_accept);
  /// Accepts no more. Only on the loop's thread, or when the loop does not run.
  void close();

 private:
  struct Acceptor;
  explicit Listener(std::shared_ptr<Acceptor> acceptor);
  std::shared_ptr<Acceptor> acceptor_;
};

}  // namespace parlance::net
