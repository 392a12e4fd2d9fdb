#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "http2/fault.h"
#include "http2/limits.h"

namespace parlance::http2 {

/// `burst` at once, then `per_second`, on the time that is passed in.
class TokenBucket {
 public:
  explicit TokenBucket(Limits::Rate rate) : rate_(rate), tokens_(rate.burst) {}

  /// False when there is none left. `now` never goes back.
  [[nodiscard]] bool take(TimePoint now);

 private:
  Limits::Rate rate_;
  double tokens_;
  TimePoint last_{};
};

/// What a peer may make us do beyond what its calls need: frames that are cheap to send and cost work or
/// memory here. Over a limit is GOAWAY ENHANCE_YOUR_CALM; its text says which limit, what was seen, and the
/// knob.
class AbuseLimits {
 public:
  explicit AbuseLimits(const Limits& limits);

  void set_now(TimePoint now) { now_ = now; }

  /// A stream that the peer reset or made us reset.
  Outcome count_reset() { return count(resets_); }
  /// A PING that wants an answer. As in gRPC, one is free for each burst of payload sent since the last one:
  /// peers probe the bandwidth while they receive (gRPC's BDP estimators).
  Outcome count_ping();
  Outcome count_settings() { return count(settings_); }
  /// DATA or CONTINUATION that carries nothing and ends nothing, PRIORITY, an unknown frame.
  Outcome count_empty() { return count(empty_); }
  /// WINDOW_UPDATE: counts as empty unless something was sent that it can be about.
  Outcome count_window_update();
  /// CONTINUATION number `count` of one header block.
  Outcome check_continuations(std::uint32_t count);
  /// Bytes of answers that the peer does not read.
  Outcome check_queued_control(std::size_t control_bytes) {
    if (control_bytes <= limits_.max_queued_control_bytes) [[likely]]
      return {};
    return over_queued_control(control_bytes);
  }

  /// A stream was opened by either side.
  void stream_opened() { window_update_allowance_ += kUpdatesPerStream; }
  /// A DATA frame of ours went out.
  void data_sent(std::uint32_t size_bytes) {
    payload_sent_ = true;
    window_update_allowance_ =
        std::min(kMostAllowance, window_update_allowance_ + kUpdatesPerFrame + size_bytes / kBytesPerUpdate);
  }
  void headers_sent() { payload_sent_ = true; }

 private:
  /// Peers set up a stream's window with a few updates (curl), or update it after every small read of a
  /// frame.
  static constexpr std::uint64_t kUpdatesPerStream = 4;
  static constexpr std::uint64_t kUpdatesPerFrame = 4;
  static constexpr std::uint64_t kBytesPerUpdate = 512;
  static constexpr std::uint64_t kMostAllowance = 1 << 20;

  struct Counter {
    TokenBucket bucket;
    Limits::Rate rate;
    std::string_view what;
    std::string_view knob;
    std::uint64_t seen = 0;
  };

  Outcome count(Counter& counter);
  Outcome over_queued_control(std::size_t control_bytes);
  Outcome over(std::string text);

  const Limits& limits_;
  TimePoint now_{};
  Counter resets_;
  Counter pings_;
  Counter settings_;
  Counter empty_;
  std::uint64_t window_update_allowance_ = kUpdatesPerStream;
  bool payload_sent_ = false;  // since the last PING
  std::string text_;           // of the fault
};

}  // namespace parlance::http2
