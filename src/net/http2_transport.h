#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http2/connection.h"
#include "net/byte_stream.h"
#include "net/loop.h"

namespace parlance::net {

/// An HTTP/2 connection on a stream of bytes: reads what is there, hands it to the engine, and writes once at
/// the end of the turn all that was submitted during it. Belongs to one loop.
class Http2Transport final : ByteStream::Observer, TurnEnd, TimerNode {
 public:
  class Owner {
   public:
    /// The socket is gone or the connection is finished; every stream has been told. The transport may be
    /// destroyed from within this call. Called exactly once, never from within a call into the transport.
    virtual void on_transport_closed(std::string_view reason) = 0;

   protected:
    ~Owner() = default;
  };

  /// `observer` follows the connection, `owner` the transport; both outlive it.
  Http2Transport(Loop& loop, std::unique_ptr<ByteStream> stream, http2::Role role,
                 const http2::Limits& limits, http2::ConnectionObserver& observer, Owner& owner);
  /// Open streams are told that the connection is gone.
  ~Http2Transport();

  http2::Connection& connection() { return connection_; }
  /// Must be called after anything is submitted on the connection, as often as one likes: one write follows
  /// at the end of the turn.
  void flush() { loop_.at_turn_end(*this); }
  /// Ends the connection at once; `on_transport_closed` follows at the end of the turn.
  void close(std::string_view reason);

  /// When anything was last received.
  TimePoint last_received() const { return last_received_; }
  const Endpoint& peer() const { return stream_->peer(); }
  const Endpoint& local() const { return stream_->local(); }
  std::string cipher() const { return stream_->cipher(); }
  Loop& loop() { return loop_; }

 private:
  void on_readable() override;
  void on_writable() override;
  void on_turn_end() override;
  void on_timer() override;  // the end of lingering
  bool wants_write() const { return connection_.wants_write() || stream_->wants_write(); }
  void write_pending();
  void discard_input();
  void linger();

  Loop& loop_;
  const http2::Role role_;
  Owner& owner_;
  std::unique_ptr<ByteStream> stream_;
  http2::Connection connection_;
  TimePoint last_received_;
  std::string closed_because_;
  bool socket_open_ = true;
  bool blocked_ = false;    // the socket takes no more until on_writable
  bool lingering_ = false;  // all is written and EOF sent; waits for the client's EOF
};

}  // namespace parlance::net
