#pragma once

#include <functional>
#include <memory>

#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance {

/// Sees every new connection of a server before gRPC does (ServerOptions::front), so that one address can
/// speak another protocol beside it: it keeps what is its own and passes the rest on.
class ConnectionFront {
 public:
  /// Hands a connection to gRPC, all of its bytes still to be read.
  using PassOn = std::function<void(std::unique_ptr<net::ByteStream>)>;

  /// The part of it on one loop of the server; used on that loop only, destroyed there or when the loop does
  /// not run.
  class OnLoop {
   public:
    virtual ~OnLoop() = default;
    /// A new connection; TLS, where there is any, is around it.
    virtual void take(std::unique_ptr<net::ByteStream> stream) = 0;
    /// The server drains: what is under way may end, nothing new begins. `on_empty` is called once when none
    /// of its connections is left, perhaps before this returns.
    virtual void begin_shutdown(std::function<void()> on_empty) = 0;
    /// The grace is over: ends what is left now.
    virtual void close_connections() = 0;
  };

  virtual ~ConnectionFront() = default;
  /// Before the server starts; may outlive this object.
  virtual std::unique_ptr<OnLoop> on_loop(net::Loop& loop, PassOn pass_on) = 0;
};

}  // namespace parlance
