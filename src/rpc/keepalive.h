#pragma once

#include <cstdint>
#include <optional>

#include "base/deadline.h"

namespace parlance {

/// Whether the peer is still there, asked by PING (gRPC keepalive, A8 and A9).
struct KeepaliveOptions {
  /// A PING goes out when nothing was received for this long; zero: never.
  Duration time = Duration::zero();
  /// The connection is given up when nothing comes for this long after the PING.
  Duration timeout = std::chrono::seconds{20};
  /// Also while no call is open.
  bool without_calls = false;
};

/// How often a client may ping a server that sends nothing in between.
struct PingPolicy {
  /// Pings closer together than this are strikes. 5 s lets clients ping every 10 s, as many are set to.
  Duration min_interval = std::chrono::seconds{5};
  /// One more strike ends the connection with GOAWAY ENHANCE_YOUR_CALM "too_many_pings".
  unsigned max_strikes = 2;
};

namespace detail {

/// When to ping and when to give up. Knows no clock.
class Keepalive {
 public:
  enum class Step : std::uint8_t { kWait, kPing, kGiveUp };
  struct Decision {
    Step step;
    /// When to decide again; TimePoint::max() for never.
    TimePoint again_at;
  };

  explicit Keepalive(const KeepaliveOptions& options) : options_(options) {}

  /// `last_received`: when anything was last received. After kPing a PING must be sent.
  Decision decide(TimePoint now, TimePoint last_received, bool has_calls);

 private:
  KeepaliveOptions options_;
  std::optional<TimePoint> pinged_at_;
};

/// Counts a client's strikes. Knows no clock.
class PingStrikes {
 public:
  explicit PingStrikes(const PingPolicy& policy) : policy_(policy) {}

  /// False when the client has had its strikes. `frames_sent`: of HEADERS and DATA, by the server so far;
  /// pings are excused when it has sent any since the last one.
  [[nodiscard]] bool on_ping(TimePoint now, std::uint64_t frames_sent);

 private:
  PingPolicy policy_;
  unsigned strikes_ = 0;
  std::optional<TimePoint> last_;
  std::uint64_t frames_sent_ = 0;  // at the last ping
};

}  // namespace detail
}  // namespace parlance
