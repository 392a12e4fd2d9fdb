#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/connect.h"
#include "net/http2_transport.h"
#include "net/loop.h"
#include "rpc/backoff.h"
#include "rpc/channel_core.h"

namespace parlance::detail {

class ClientStream;
class ClientTransport;

/// One connection of a ClientTransport.
class ClientConnection final : http2::ConnectionObserver, net::Http2Transport::Owner, TimerNode {
 public:
  ClientConnection(ClientTransport& owner, std::unique_ptr<net::ByteStream> stream);
  ~ClientConnection() override;

  http2::Connection& http2() { return transport_.connection(); }
  void flush() { transport_.flush(); }
  const ChannelConfig& config() const;
  /// Told by the peer to go away, or lost: takes no new calls.
  bool usable() const { return usable_; }
  /// The server's SETTINGS are here: it speaks HTTP/2 and its stream limit is known.
  bool greeted() const { return greeted_; }
  bool takes_calls() { return greeted_ && usable_ && http2().can_open_stream(); }
  /// Ends the connection; the transport is told at the end of the turn.
  void close(std::string_view reason) { transport_.close(reason); }

 private:
  http2::StreamObserver* on_request(http2::StreamId, http2::HeaderFields, bool) override { return nullptr; }
  void on_settings() override;
  void on_goaway(http2::StreamId last_stream, http2::ErrorCode code, std::string_view debug_data) override;
  void on_stream_count(std::size_t open_streams) override;
  void on_transport_closed(std::string_view reason) override;
  void on_timer() override { tend_keepalive(); }
  void tend_keepalive();

  friend class ClientTransport;

  ClientTransport& owner_;
  bool usable_ = true;
  bool greeted_ = false;
  Keepalive keepalive_;
  net::Http2Transport transport_;
};

/// A channel's connection on one loop: connects when a call needs it, hands calls to it, and connects again
/// when it is lost. Calls wait here while there is no connection or the peer's stream limit is reached.
class ClientTransport final : public net::LoopLocal {
 public:
  ClientTransport(net::Loop& loop, std::shared_ptr<const ChannelConfig> config);
  /// Open and waiting calls end with UNAVAILABLE.
  ~ClientTransport() override;

  /// Opens the call's stream now, or as soon as that is possible; calls ClientStream::open_on or ::fail.
  void start(ClientStream& stream);
  /// The waiting call has ended.
  void forget(ClientStream& stream);

  const ChannelConfig& config() const { return *config_; }
  net::Loop& loop() { return loop_; }

 private:
  friend class ClientConnection;

  void connect();
  net::Connector& connector() const;
  void on_connect_done(net::ConnectAttempt::Result result);
  void on_connect_failed(const std::string& why);
  std::unique_ptr<net::ByteStream> secured(std::unique_ptr<net::ByteStream> stream) const;
  void on_greeted();
  void on_usable_again();
  void on_told_to_go(ClientConnection& connection);
  void on_connection_gone(ClientConnection& connection, std::string_view reason);
  Status unreachable() const;

  net::Loop& loop_;
  const std::shared_ptr<const ChannelConfig> config_;
  std::deque<ClientStream*> waiting_;
  std::unique_ptr<net::ConnectAttempt> attempt_;
  std::unique_ptr<ClientConnection> current_;
  std::vector<std::unique_ptr<ClientConnection>> draining_;

  KeepaliveOptions keepalive_;  // less often after "too_many_pings"
  Backoff backoff_;
  TimePoint next_attempt_at_{};
  std::string last_failure_;
  struct Retry final : TimerNode {
    explicit Retry(ClientTransport& transport) : owner(transport) {}
    ~Retry() override { owner.loop_.disarm(*this); }
    void on_timer() override { owner.connect(); }
    ClientTransport& owner;
  } retry_{*this};
  // A server that accepts the connection and then says nothing.
  struct GreetingLimit final : TimerNode {
    explicit GreetingLimit(ClientTransport& transport) : owner(transport) {}
    ~GreetingLimit() override { owner.loop_.disarm(*this); }
    void on_timer() override { owner.current_->close("the server sent no HTTP/2 SETTINGS"); }
    ClientTransport& owner;
  } greeting_limit_{*this};
};

}  // namespace parlance::detail
