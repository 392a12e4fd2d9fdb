#pragma once

#include <cstdint>

#include "base/deadline.h"
#include "http2/bdp_estimator.h"
#include "http2/fault.h"
#include "http2/frame_writer.h"
#include "http2/limits.h"
#include "http2/receive_window.h"
#include "http2/settings_sync.h"
#include "http2/stream_set.h"

namespace parlance::http2 {

/// Flow control of what arrives (RFC 9113 section 5.2). The connection's window is given back as soon as data
/// arrive, so that a slow reader of one stream never holds up the others; a stream's window is given back as
/// its reader takes the data, so that the reader's pace reaches the sender. Both grow with the
/// bandwidth-delay product, see BdpEstimator.
class ReceiveFlow {
 public:
  ReceiveFlow(const Limits& limits, SettingsSync& settings, StreamSet& streams, FrameWriter& writer);

  /// Announces a connection window above the default; after the first SETTINGS.
  void announce();

  /// A DATA frame of `frame_bytes` came, padding included, for whatever stream, open or not.
  Outcome arrived(std::uint32_t frame_bytes);
  /// It came on this open stream; `padding_bytes` of it reach no reader.
  Outcome arrived_on(Stream& stream, std::uint32_t frame_bytes, std::uint32_t padding_bytes, TimePoint now);
  /// The reader has taken this much; at most what was delivered (checked).
  void consumed(Stream& stream, std::uint32_t size_bytes);
  /// An answer to a PING of the estimator. False when it is none of ours.
  bool ping_answered(std::uint64_t opaque, TimePoint now);

  std::int64_t connection_window_bytes() const { return connection_.size_bytes(); }
  /// What the peer may still send.
  std::int64_t connection_available_bytes() const { return connection_.available_bytes(); }

 private:
  void update(StreamId id, ReceiveWindow& window);
  void grow(std::uint32_t window_bytes);

  const Limits& limits_;
  SettingsSync& settings_;
  StreamSet& streams_;
  FrameWriter& writer_;
  ReceiveWindow connection_{kDefaultWindowBytes};
  BdpEstimator bdp_;
};

}  // namespace parlance::http2
