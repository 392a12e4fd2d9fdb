#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "base/deadline.h"
#include "rpc/call_options.h"
#include "rpc/channel.h"

namespace parlance::load {

enum class MethodKind : std::uint8_t { kUnary, kServerStreaming, kClientStreaming, kBidiStreaming };

/// A part of a load that is reported by itself.
struct Step {
  /// Calls a second, meant to begin evenly spaced whatever became of those before (open loop); 0: each stream
  /// begins its next call when its last one has ended (closed loop).
  double per_second = 0;
  Duration length = std::chrono::seconds{10};
};

/// What is to be called, how often, and by how many at a time.
struct Plan {
  std::string target;
  ChannelOptions channel;
  std::string path;  // "/package.Service/Method"
  MethodKind kind = MethodKind::kUnary;
  /// Serialised messages, sent in turn; at least one.
  std::vector<Buffer> requests;
  Metadata metadata;
  Duration timeout = Duration::zero();  // of each call; zero: none

  unsigned connections = 1;  // in all; at least `threads` of them
  unsigned streams = 1;      // calls under way at a time on each connection, at most
  unsigned threads = 1;

  /// Requests on each stream of a client-streaming or bidi call.
  std::uint64_t messages = 1;
  /// Requests of a bidi call that may wait for their response, as many as there are requests; 0: no limit,
  /// and responses need not match requests.
  std::uint64_t pipeline = 0;

  Duration warm_up = Duration::zero();  // as the first step, and not reported
  std::vector<Step> steps{Step{}};
  std::uint64_t calls = 0;  // in place of the last step's length; 0: by time
  /// For calls that are open at the end; then they are cancelled.
  Duration grace = std::chrono::seconds{5};
};

}  // namespace parlance::load
