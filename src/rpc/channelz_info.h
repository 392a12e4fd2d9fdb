#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "net/endpoint.h"
#include "rpc/balancing/policy.h"
#include "rpc/figures.h"
#include "rpc/trace.h"

namespace parlance::detail {

// What channelz (gRPC A14) tells, as values that travel from the loop they describe to whoever asked.

struct ChannelzRef {
  std::int64_t id = 0;
  std::string name;
};

/// A connection, or a socket that listens: that one has its local address only.
struct ChannelzSocket {
  ChannelzRef ref;
  SocketFigures figures = {};
  /// Whether this side opens the streams.
  bool is_client = false;
  net::Endpoint local = {};
  std::optional<net::Endpoint> remote = {};
  /// The cipher suite by the IANA's name; empty without TLS, and during its handshake.
  std::string cipher = {};
  /// Connection windows: what this side may still send, and what the peer may.
  std::int64_t send_window_bytes = 0;
  std::int64_t receive_window_bytes = 0;
  std::uint32_t peer_max_concurrent_streams = 0;
  std::optional<std::uint32_t> received_goaway = {};
};

/// A way to one address, on one loop.
struct ChannelzSubchannel {
  ChannelzRef ref;
  Connectivity state = Connectivity::kIdle;
  CallFigures attempts = {};
  Trace trace;
  std::vector<ChannelzRef> sockets = {};
};

/// What one loop knows of a channel.
struct ChannelzChannelPart {
  Connectivity state = Connectivity::kIdle;
  CallFigures calls = {};
  Trace trace;
  std::size_t max_connections_per_subchannel = 0;
  std::vector<ChannelzRef> subchannels = {};
};

/// What one loop knows of a server.
struct ChannelzServerPart {
  CallFigures calls = {};
  Trace trace;
  std::vector<ChannelzRef> sockets = {};
};

}  // namespace parlance::detail
