#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/timer_heap.h"
#include "net/http2_transport.h"
#include "net/loop.h"
#include "rpc/channelz_info.h"
#include "rpc/keepalive.h"
#include "rpc/response_head.h"

namespace parlance::detail {

struct ChannelConfig;

/// One connection of a client to a server.
class ClientConnection final : http2::ConnectionObserver, net::Http2Transport::Owner, TimerNode {
 public:
  /// What its owner is told; each may destroy the connection only where that is said.
  class Owner {
   public:
    /// The server's first SETTINGS are here: it speaks HTTP/2 and its stream limit is known.
    virtual void on_greeted(ClientConnection& connection) = 0;
    /// It may take more calls than a moment ago.
    virtual void on_room(ClientConnection& connection) = 0;
    /// The server takes no new calls on it; open ones run on.
    virtual void on_told_to_go(ClientConnection& connection, bool too_many_pings) = 0;
    /// It is gone and its calls have ended. The owner destroys it.
    virtual void on_gone(ClientConnection& connection, std::string_view reason) = 0;

   protected:
    ~Owner() = default;
  };

  ClientConnection(net::Loop& loop, std::shared_ptr<const ChannelConfig> config,
                   const KeepaliveOptions& keepalive, std::unique_ptr<net::ByteStream> stream, Owner& owner);
  ~ClientConnection() override;

  net::Loop& loop() { return loop_; }
  http2::Connection& http2() { return transport_.connection(); }
  void flush() { transport_.flush(); }
  const ChannelConfig& config() const { return *config_; }
  const std::shared_ptr<const ChannelConfig>& shared_config() const { return config_; }
  /// As ServerCall::peer writes it.
  const std::string& peer() const { return responses_.no_head()->peer; }
  RememberedResponses& responses() { return responses_; }
  SocketFigures& figures() { return figures_; }
  /// Attempts of calls made on it.
  CallFigures& attempts() { return attempts_; }
  /// What the server said when it told the connection to go.
  std::optional<http2::ErrorCode> goaway() const { return goaway_; }
  std::int64_t channelz_id() const { return channelz_id_; }
  ChannelzSocket describe();
  bool greeted() const { return greeted_; }
  /// Why a call's stream went with the connection,
  Status why_lost(const http2::StreamEnd& end) const;
  /// or was reset by this side because of what the server sent.
  Status why_reset(const http2::StreamEnd& end) const;
  /// Why it is gone before it was greeted(), for a connection to `address`.
  Status why_not_greeted(const std::string& address, std::string_view reason);
  bool takes_calls() { return greeted_ && http2().can_open_stream(); }
  /// The server's SETTINGS did not come in time.
  void give_up_on_greeting();
  /// No new calls; it ends with its last one.
  void finish();
  /// Ends it; Owner::on_gone comes at the end of the turn.
  void close(std::string_view reason) { transport_.close(reason); }

 private:
  http2::StreamObserver* on_request(http2::StreamId, http2::HeaderFields, bool) override { return nullptr; }
  void on_settings() override;
  void on_goaway(http2::StreamId last_stream, http2::ErrorCode code, std::string_view debug_data) override;
  void on_stream_count(std::size_t /*open_streams*/) override { owner_.on_room(*this); }
  void on_transport_closed(std::string_view reason) override { owner_.on_gone(*this, reason); }
  void on_timer() override { tend_keepalive(); }
  void tend_keepalive();

  net::Loop& loop_;
  const std::shared_ptr<const ChannelConfig> config_;
  Owner& owner_;
  const std::int64_t channelz_id_;
  SocketFigures figures_;
  CallFigures attempts_;
  std::optional<http2::ErrorCode> goaway_;
  bool greeted_ = false;
  Keepalive keepalive_;
  bool is_mute_ = false;    // its SETTINGS did not come in time
  bool is_silent_ = false;  // PINGs were not answered
  // What the server's GOAWAY said. All this is asked for until the transport is gone.
  std::string goaway_words_;
  net::Http2Transport transport_;
  RememberedResponses responses_;
};

}  // namespace parlance::detail
