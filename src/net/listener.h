#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "net/endpoint.h"
#include "net/loop.h"
#include "net/tcp_stream.h"

namespace parlance::net {

/// Accepts connections for one loop. Several loops listen on the same address, each with its own listener
/// (SO_REUSEPORT); the kernel spreads connections over them.
class Listener {
 public:
  using OnAccept = std::function<void(TcpStream)>;

  /// Binds and listens; the error says which address and why not. With port 0, `local()` tells which one it
  /// is. An existing Unix socket file that nobody listens on is replaced.
  static std::expected<std::unique_ptr<Listener>, std::string> open(Loop& loop, const Endpoint& endpoint);
  ~Listener();

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
