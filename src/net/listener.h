#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/byte_stream.h"
#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::net {

/// Accepts connections for one loop. Several loops may listen on the same address, each with its own
/// listener; connections are spread over them.
class Listener {
 public:
  using OnAccept = std::function<void(std::unique_ptr<ByteStream>)>;

  /// A socket that listens; the error says which address and why not. With port 0, `local()` tells which one
  /// it is. An existing Unix socket file that nobody listens on is replaced. Sockets share a TCP address by
  /// SO_REUSEPORT; a Unix path has one listener.
  static std::expected<std::unique_ptr<Listener>, std::string> open(Loop& loop, const Endpoint& endpoint);
  /// Closes. Only on the loop's thread, or when the loop does not run.
  virtual ~Listener() = default;
  /// Why nobody can listen on a TCP address alone: another process does, perhaps one that would share it
  /// (SO_REUSEPORT) and take half of the connections. Nothing when it is free, and for port 0 and Unix paths.
  static std::optional<std::string> why_not_free(const Endpoint& endpoint);

  virtual const Endpoint& local() const = 0;
  /// Starts accepting; `on_accept` runs on the loop. Only on the loop's thread.
  virtual void start(OnAccept on_accept) = 0;
  /// Accepts no more. Only on the loop's thread, or when the loop does not run.
  virtual void close() = 0;
};

}  // namespace parlance::net
