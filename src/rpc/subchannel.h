#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/timer_heap.h"
#include "net/connect.h"
#include "net/endpoint.h"
#include "rpc/attempt_queue.h"
#include "rpc/backoff.h"
#include "rpc/balancing/policy.h"
#include "rpc/client_connection.h"
#include "rpc/server_watch.h"

namespace parlance::detail {

class LoopChannel;

/// A channel's way to one address on one loop: connects when it is asked to, pauses after failures, opens
/// more connections when every one is full of streams, and asks for the server's health when the service
/// config says so.
class Subchannel final : public ClientConnection::Owner, public ServerWatch::Listener {
 public:
  Subchannel(LoopChannel& channel, balancing::BackendId id, const net::Endpoint& endpoint);
  /// Open and waiting attempts end with UNAVAILABLE.
  ~Subchannel();

  balancing::BackendId id() const { return id_; }
  const std::string& address() const { return address_; }
  Connectivity state() const { return state_; }
  std::size_t connections() const { return connections_.size(); }
  std::int64_t channelz_id() const { return channelz_id_; }
  ChannelzSubchannel describe() const;
  /// The connection with that id, if it is one of these.
  std::optional<ChannelzSocket> describe_socket(std::int64_t id) const;

  /// Begins to connect when idle; the channel is told what becomes of it, never from within this.
  void connect();
  /// Opens the attempt's stream now, or as soon as a connection has room.
  void take(ClientStream& attempt);
  /// No new calls: connections end with their last one. It is idle then, which the channel is not told.
  void release();
  /// Nothing is open any more; after release() it may be destroyed.
  bool is_empty() const { return connections_.empty() && leaving_.empty() && arriving_ == nullptr; }

 private:
  using Connections = std::vector<std::unique_ptr<ClientConnection>>;

  void dial();
  void dial_for_more();
  void on_dialled(net::ConnectAttempt::Result result);
  void on_failed(const std::string& why);
  /// One of `connections_` has left them.
  void on_fewer(const ClientConnection& gone);
  void on_lost();
  void ready();
  void watch_server();
  void enter(Connectivity state, const Status& why);
  void set_state(Connectivity state, const Status& why = {});
  std::unique_ptr<net::ByteStream> secured(std::unique_ptr<net::ByteStream> stream) const;
  Status unreachable(const std::string& why) const;

  // ClientConnection::Owner
  void on_greeted(ClientConnection& connection) override;
  void on_room(ClientConnection& connection) override;
  void on_told_to_go(ClientConnection& connection, bool too_many_pings) override;
  void on_gone(ClientConnection& connection, std::string_view reason) override;
  // ServerWatch::Listener
  void on_health(bool serving, const std::string& why) override;
  void on_load_report(const balancing::LoadReport& report) override;

  struct Pause final : TimerNode {
    explicit Pause(Subchannel& of) : subchannel(of) {}
    void on_timer() override { subchannel.set_state(Connectivity::kIdle); }
    Subchannel& subchannel;
  };
  // A server that accepts the connection and then says nothing.
  struct GreetingLimit final : TimerNode {
    explicit GreetingLimit(Subchannel& of) : subchannel(of) {}
    void on_timer() override { subchannel.arriving_->close("the server sent no HTTP/2 SETTINGS"); }
    Subchannel& subchannel;
  };

  LoopChannel& channel_;
  const balancing::BackendId id_;
  const std::int64_t channelz_id_;
  const net::Endpoint endpoint_;
  const std::string address_;
  Connectivity state_ = Connectivity::kIdle;
  Trace trace_;
  CallFigures earlier_attempts_;  // on connections that are gone
  AttemptQueue waiting_;          // for room on a connection
  std::unique_ptr<net::ConnectAttempt> attempt_;
  std::unique_ptr<ClientConnection> arriving_;  // until the server's SETTINGS are here
  Connections connections_;
  Connections leaving_;  // their calls run on
  std::unique_ptr<ServerWatch> server_watch_;
  Backoff backoff_;
  TimePoint next_dial_at_{};
  Pause pause_{*this};
  GreetingLimit greeting_limit_{*this};
};

}  // namespace parlance::detail
