#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "net/byte_stream.h"
#include "net/endpoint.h"
#include "net/loop.h"

namespace parlance::net {

/// One attempt to reach a server. Lives on one loop; destroying it gives up.
class ConnectAttempt {
 public:
  /// The stream, or every address tried and why it failed.
  using Result = std::expected<std::unique_ptr<ByteStream>, std::string>;
  using OnDone = std::move_only_function<void(Result)>;

  virtual ~ConnectAttempt() = default;
};

/// A way to make connections: the kernel's sockets, this process itself, a simulated network. One connector
/// may be used by several loops at once.
class Connector {
 public:
  virtual ~Connector() = default;

  /// Only on the thread of `loop`. `on_done` runs once, in a later event of the loop, after `timeout` at the
  /// latest, unless the attempt is destroyed before (also from within `on_done`).
  virtual std::unique_ptr<ConnectAttempt> connect(Loop& loop, const Endpoint& endpoint, Duration timeout,
                                                  ConnectAttempt::OnDone on_done) = 0;
};

/// Connects by the kernel's sockets, TCP and Unix. Never destroyed.
Connector& socket_connector();

}  // namespace parlance::net
