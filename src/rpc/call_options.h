#pragma once

#include <optional>

#include "base/deadline.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"

namespace parlance {

using grpc::Metadata;

using grpc::Encoding;

/// What one message of a stream may ask for.
struct WriteOptions {
  /// False: goes out as it is, whatever the call's compression.
  bool compress = true;
};

/// What one client call may ask for. Trivially destructible on purpose: it can be written in the full
/// expression of a co_await, which gcc 12 gets wrong for temporaries with destructors.
struct CallOptions {
  /// From now; zero or less: none. The earlier of `timeout` and `deadline` counts, and is sent as
  /// `grpc-timeout`.
  Duration timeout = Duration::zero();
  Deadline deadline = Deadline::never();
  /// Sent with the request; read before the call that takes the options returns.
  const Metadata* metadata = nullptr;
  /// While no server can be reached, wait for one until the deadline instead of failing with UNAVAILABLE.
  /// Nothing: as the service config says, else false.
  std::optional<bool> wait_for_ready = std::nullopt;
  /// A call made by a handler ends with the handler's call, and earlier than its deadline, unless this is
  /// set: see detach().
  bool detached = false;
  /// How request messages are compressed; nothing: as the channel says.
  std::optional<Encoding> compression = std::nullopt;
  /// For the one request of a unary or server-streaming call.
  WriteOptions request = {};
};

/// Options for a call that goes on when the server call it is made for has ended:
///
///   co_await log.Write(entry, detach({.timeout = 1s}));
constexpr CallOptions detach(CallOptions options = {}) {
  options.detached = true;
  return options;
}

}  // namespace parlance
