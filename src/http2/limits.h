#pragma once

#include <cstddef>
#include <cstdint>

#include "base/deadline.h"

namespace parlance::http2 {

/// What one connection may cost. Each default has its reason; each is an option of the server and the
/// channel.
struct Limits {
  /// Announced as SETTINGS_MAX_CONCURRENT_STREAMS; a stream beyond it is refused. 1000: a gRPC client keeps
  /// hundreds of calls on one connection, and an idle stream costs about 1 KiB.
  std::uint32_t max_concurrent_streams = 1000;
  /// SETTINGS_MAX_HEADER_LIST_SIZE, counted as RFC 9113 section 6.5.2 says (name + value + 32). gRPC's
  /// default is 8 KiB; 16 KiB takes the tokens and baggage that meshes add.
  std::uint32_t max_header_list_bytes = 16 * 1024;
  /// SETTINGS_HEADER_TABLE_SIZE offered to the peer, and the most of the peer's that is used.
  std::uint32_t header_table_bytes = 4096;
  /// SETTINGS_MAX_FRAME_SIZE accepted (2^14 to 2^24−1).
  std::uint32_t max_frame_bytes = 16 * 1024;
  /// The receive windows start here and grow with the bandwidth-delay product up to max_window_bytes.
  std::uint32_t initial_stream_window_bytes = 64 * 1024;
  std::uint32_t initial_connection_window_bytes = 1024 * 1024;
  std::uint32_t max_window_bytes = 16 * 1024 * 1024;
  /// StreamObserver::on_send_ready fires when the queue falls to this.
  std::size_t send_low_water_bytes = 32 * 1024;

  // Abuse. Beyond each of these the connection ends with GOAWAY ENHANCE_YOUR_CALM and a debug text that names
  // the limit. Rates are token buckets: `burst` at once, then `per_second`.
  struct Rate {
    std::uint32_t burst;
    std::uint32_t per_second;
  };
  /// Streams that the peer resets or makes us reset (rapid reset, CVE-2023-44487); nghttp2's defaults.
  Rate resets{1000, 33};
  /// PING and SETTINGS frames that want an answer.
  Rate pings{100, 20};
  Rate settings{100, 10};
  /// DATA and CONTINUATION frames that carry nothing and end nothing; WINDOW_UPDATE and PRIORITY floods count
  /// here too.
  Rate empty_frames{1000, 100};
  /// CONTINUATION frames of one header block (CVE-2024-27316).
  std::uint32_t max_continuations = 8;
  /// Answers queued for a peer that does not read (bytes of control frames).
  std::size_t max_queued_control_bytes = 64 * 1024;
};

}  // namespace parlance::http2
