#pragma once

#include <cstdint>
#include <optional>

#include "base/deadline.h"

namespace parlance::http2 {

/// Lets the receive windows grow to the bandwidth-delay product: what the path holds in one round trip.
///
/// A PING is sent while data flow, and the bytes that arrive until its answer are what the peer could have in
/// flight. When they come near the window, the window was the limit, and it is doubled. It is not doubled
/// when the last doubling brought no more bandwidth: then the path is the limit, and a larger window would
/// only fill its queues. The idea is that of gRPC's estimators.
class BdpEstimator {
 public:
  BdpEstimator(std::uint32_t window_bytes, std::uint32_t max_window_bytes)
      : window_bytes_(window_bytes), max_window_bytes_(max_window_bytes) {}

  /// Opaque data of the PINGs that belong to this ("parlbdp" and a zero).
  static constexpr std::uint64_t kPingOpaque = 0x7061'726c'6264'7000;

  /// DATA of this size arrived. True when a PING is to be sent now. `stream_is_busy`: the stream it came on
  /// has used up half of its window since the last update, so this is a large message or a stream of them
  /// and worth a measurement; small calls never are, however many there are.
  bool data_arrived(std::uint32_t size_bytes, bool stream_is_busy, TimePoint now);

  /// Whether a PING of ours is on its way.
  bool is_sampling() const { return sampling_; }
  /// Its answer came. The new size of the windows when they are to grow.
  std::optional<std::uint32_t> ping_answered(TimePoint now);

  std::uint32_t window_bytes() const { return window_bytes_; }

 private:
  std::uint32_t window_bytes_;
  std::uint32_t max_window_bytes_;
  bool sampling_ = false;
  std::uint64_t sample_bytes_ = 0;   // since the PING
  std::uint64_t between_bytes_ = 0;  // since the last answer
  double best_bytes_per_s_ = 0;
  TimePoint sent_at_{};
};

}  // namespace parlance::http2
