#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "http2/connection.h"
#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance {

struct ServerOptions;

/// A server's HTTP/2 connection as a front sees it that answers one of its requests. Belongs to one loop;
/// gone as soon as the observer of the stream was told on_closed.
class Http2Carrier {
 public:
  virtual http2::Connection& http2() = 0;
  /// After anything was submitted; one write follows at the end of the turn.
  virtual void flush() = 0;
  /// "ipv4:127.0.0.1:40000".
  virtual const std::string& peer() const = 0;
  /// How much a stream may queue before its producer waits.
  virtual std::size_t send_high_water_bytes() const = 0;

 protected:
  ~Http2Carrier() = default;
};

/// Sees every new connection of a server before gRPC does (ServerOptions::front), so that one address can
/// speak another protocol beside it: it keeps what is its own and passes the rest on. Of the HTTP/2
/// connections that it has passed on it sees the requests that are not gRPC.
class ConnectionFront {
 public:
  /// Hands a connection to gRPC, all of its bytes still to be read.
  using PassOn = std::function<void(std::unique_ptr<net::ByteStream>)>;

  /// The part of it on one loop of the server; used on that loop only, destroyed there or when the loop does
  /// not run, after every connection.
  class OnLoop {
   public:
    virtual ~OnLoop() = default;
    /// A new connection; TLS, where there is any, is around it.
    virtual void take(std::unique_ptr<net::ByteStream> stream) = 0;
    /// A request of HTTP/2 that is not gRPC: who follows it, or null, and the server says in a line of text
    /// that it is a gRPC server.
    virtual http2::StreamObserver* take_request(Http2Carrier& /*connection*/, http2::StreamId /*stream*/,
                                                http2::HeaderFields /*fields*/, bool /*end_stream*/) {
      return nullptr;
    }
    /// The server drains: what is under way may end, nothing new begins. `on_empty` is called once when none
    /// of its connections and requests is left, perhaps before this returns.
    virtual void begin_shutdown(std::function<void()> on_empty) = 0;
    /// The grace is over: calls are ended as those of gRPC are, and their connections once that is written.
    virtual void end_calls() {}
    /// Ends what is left now.
    virtual void close_connections() = 0;
  };

  virtual ~ConnectionFront() = default;
  /// Before the server starts; may outlive this object. `options` outlives what is returned.
  virtual std::unique_ptr<OnLoop> on_loop(net::Loop& loop, const ServerOptions& options, PassOn pass_on) = 0;
};

}  // namespace parlance
