#pragma once

#include <cstdint>

#include "base/deadline.h"

namespace parlance::detail {

// Plain counters that stand where the counted things live, each on its loop; whoever wants to know asks the
// loop (channelz_registry.h).

/// Calls, or attempts of calls.
struct CallFigures {
  std::int64_t started = 0;
  std::int64_t succeeded = 0;  // with OK
  std::int64_t failed = 0;
  TimePoint last_started_at{};  // TimePoint{}: never

  void start(TimePoint now) {
    ++started;
    last_started_at = now;
  }
  void end(bool ok) { ++(ok ? succeeded : failed); }
  void add(const CallFigures& other) {
    started += other.started;
    succeeded += other.succeeded;
    failed += other.failed;
    if (other.last_started_at > last_started_at) last_started_at = other.last_started_at;
  }
};

/// One connection. Streams succeed when both sides have ended them and neither has reset them.
struct SocketFigures {
  CallFigures streams;
  std::int64_t messages_sent = 0;
  std::int64_t messages_received = 0;
  TimePoint last_sent_at{};
  TimePoint last_received_at{};
  std::int64_t keepalives_sent = 0;

  void sent(TimePoint now) {
    ++messages_sent;
    last_sent_at = now;
  }
  void received(std::size_t count, TimePoint now) {
    if (count == 0) return;
    messages_received += static_cast<std::int64_t>(count);
    last_received_at = now;
  }
};

}  // namespace parlance::detail
