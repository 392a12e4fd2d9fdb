#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/timer_heap.h"
#include "grpc/header_list.h"
#include "net/http2_transport.h"
#include "rpc/call_counters.h"
#include "rpc/channelz_info.h"
#include "rpc/connection_front.h"
#include "rpc/keepalive.h"
#include "rpc/request_head.h"
#include "rpc/routes.h"
#include "rpc/server.h"
#include "rpc/server_memory.h"
#include "rpc/server_stream.h"

namespace parlance::detail {

class ServerLoop;

/// One client's connection: gives each new stream its ServerStream, remembers which path was which method,
/// and goes through the two steps of a graceful end.
class ServerConnection final : Http2Carrier,
                               http2::ConnectionObserver,
                               net::Http2Transport::Owner,
                               TimerNode {
 public:
  ServerConnection(ServerLoop& owner, std::unique_ptr<net::ByteStream> stream);
  ~ServerConnection() override;

  http2::Connection& http2() override { return transport_.connection(); }
  void flush() override {
    settle_memory();
    transport_.flush();
  }
  const std::string& peer() const override { return peer_; }
  ServerLoop& server_loop() { return owner_; }
  SocketFigures& figures() { return figures_; }
  std::int64_t channelz_id() const { return channelz_id_; }
  ChannelzSocket describe();

  /// The method of a `:path` field, by memory when the field came from the same table entry before; null when
  /// unknown.
  const MethodBinding* route(const http2::HeaderField& path);
  /// What the section of the request that has just come says, by memory when the same came before.
  const SharedRequestHead& request_head(http2::HeaderFields fields);

  /// GOAWAY in two steps: one that only announces, and, when a PING sent behind it is answered (so the client
  /// knows), one that refuses new streams. The connection then ends with its last stream.
  /// `why` is the debug text of the GOAWAY.
  void begin_shutdown(std::string_view why);
  // --- memory: what this connection holds, and what the server's limit and its own leave
  /// Bytes that this connection's streams received and nobody has taken changed.
  void recharge_unread(std::size_t before_bytes, std::size_t after_bytes) {
    unread_bytes_ = unread_bytes_ - before_bytes + after_bytes;
  }
  /// Whether ServerOptions::connection_memory_bytes allows this much more, and what it says if not.
  bool has_room(std::size_t size_bytes) const {
    return size_bytes <= limit_bytes_ - std::min(held_bytes(), limit_bytes_);
  }
  Status limit_reached() const;
  /// How much of what they may queue otherwise producers should queue now, from 1 to 0: by what the server's
  /// limit and the connection's own leave.
  double memory_share() const;
  /// How much a stream may queue before its producer waits: less, the less memory is left.
  std::size_t send_high_water_bytes() const override;
  /// Keeps less in the output, the less memory is left.
  void adapt_output();

  /// Ends the connection now.
  void close(std::string_view reason) { transport_.close(reason); }

 private:
  http2::StreamObserver* on_request(http2::StreamId stream, http2::HeaderFields fields,
                                    bool end_stream) override;
  http2::HeaderFields answer_to_oversized_request() override;
  void on_ping() override;
  void on_ping_ack(std::uint64_t opaque) override;
  void on_stream_count(std::size_t open_streams) override;
  void on_flushed() override {
    settle_memory();
    adapt_output();
  }
  void on_transport_closed(std::string_view reason) override;
  void on_timer() override { tend(); }

  void tend();
  TimePoint tend_keepalive();
  TimePoint tend_age();
  TimePoint tend_idleness();

  std::size_t held_bytes() const;
  void settle_memory();

  struct RememberedHead {
    std::uint64_t section_id = 0;
    SharedRequestHead head;
  };
  struct RememberedRoute {
    std::uint32_t entry_id = 0;
    const MethodBinding* method = nullptr;
  };

  friend class ServerLoop;

  ServerLoop& owner_;
  const std::int64_t channelz_id_;
  SocketFigures figures_;
  std::size_t index_ = 0;  // in the loop's list of connections
  std::array<RememberedRoute, 4> remembered_{};
  std::array<RememberedHead, 4> heads_{};
  const std::size_t limit_bytes_;
  std::size_t unread_bytes_ = 0;
  MemoryCharge memory_;
  double output_share_ = 1;  // of what the engine may keep in its output
  bool shutting_down_ = false;
  std::string shutdown_reason_;
  Keepalive keepalive_;
  PingStrikes strikes_;
  TimePoint idle_since_;
  TimePoint old_at_;                                    // max_connection_age, with its jitter
  TimePoint ended_at_;                                  // the end of the grace after that
  std::unique_ptr<grpc::HeaderList> oversized_answer_;  // once there was such a request
  net::Http2Transport transport_;
  std::string peer_;
};

/// What the connections of one loop of a server share, and the list of what is open on it. Only on the loop's
/// thread.
class ServerLoop final : TimerNode {
 public:
  /// `front`: who looks at requests that are not gRPC; may be null.
  ServerLoop(net::Loop& loop, const ServerOptions& options, const Routes& routes, MemoryBudget& memory,
             ConnectionFront::OnLoop* front)
      : loop_(loop),
        options_(options),
        routes_(routes),
        front_(front),
        memory_(memory),
        counters_(options.call_statistics ? std::make_unique<CallCounters>(routes.method_count()) : nullptr),
        trace_(Clock::now()) {}
  ~ServerLoop() override {
    loop_.disarm(*this);
    *reference_ = nullptr;
  }
  ServerLoop(const ServerLoop&) = delete;
  ServerLoop& operator=(const ServerLoop&) = delete;

  net::Loop& loop() { return loop_; }
  const ServerOptions& options() const { return options_; }
  const Routes& routes() const { return routes_; }
  ConnectionFront::OnLoop* front() const { return front_; }
  LoopMemory& memory() { return memory_; }
  CallFigures& figures() { return figures_; }
  /// Null without ServerOptions::call_statistics.
  CallCounters* counters() { return counters_.get(); }
  const CallCounters* counters() const { return counters_.get(); }
  Trace& trace() { return trace_; }
  void log(LogLevel level, std::string_view text) const { options_.log(level, text); }

  void add_connection(std::unique_ptr<net::ByteStream> stream);
  void remove(ServerConnection& connection);
  void add(ServerStream& call);
  void remove(ServerStream& call);

  /// Ends the call that holds the most memory for its reader, other than `than` and only if it is more than
  /// `size_bytes`. False when there is none.
  bool shed_slowest(const ServerStream& than, std::size_t size_bytes);
  /// Whether `call` is the one whose message may be completed while memory is short; it is from now on if no
  /// other is.
  bool favours(const ServerStream& call) {
    if (favoured_ == nullptr) favoured_ = &call;
    return favoured_ == &call;
  }
  /// Its message is complete, or it is over.
  void favour_nobody(const ServerStream& call) {
    if (favoured_ == &call) favoured_ = nullptr;
  }
  /// A call holds its sender back until there is memory.
  void watch_held_back();
  /// Null once this is gone; to be looked at on the loop's thread.
  const std::shared_ptr<ServerLoop*>& reference() const { return reference_; }
  ChannelzServerPart describe() const;
  /// The connection with that id, if it is here.
  std::optional<ChannelzSocket> describe_socket(std::int64_t id) const;

  /// New connections are closed at once, open ones begin their graceful end. `on_empty` runs once when no
  /// connection and no handler is left.
  void begin_shutdown(std::function<void()> on_empty);
  /// Cancels every call with UNAVAILABLE and closes every connection once its answers are written.
  void end_calls();
  /// Closes every connection now.
  void close_connections();

 private:
  void on_timer() override;  // looks after calls that hold their senders back
  void check_empty();

  net::Loop& loop_;
  const ServerOptions& options_;
  const Routes& routes_;
  ConnectionFront::OnLoop* const front_;
  LoopMemory memory_;
  const std::shared_ptr<ServerLoop*> reference_ = std::make_shared<ServerLoop*>(this);
  CallFigures figures_;
  const std::unique_ptr<CallCounters> counters_;
  Trace trace_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  std::vector<ServerStream*> calls_;
  const ServerStream* favoured_ = nullptr;
  std::function<void()> on_empty_;
  bool shutting_down_ = false;
};

}  // namespace parlance::detail
