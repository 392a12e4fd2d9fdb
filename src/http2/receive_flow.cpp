#include "http2/receive_flow.h"

#include <algorithm>

namespace parlance::http2 {

ReceiveFlow::ReceiveFlow(const Limits& limits, SettingsSync& settings, StreamSet& streams,
                         FrameWriter& writer)
    : limits_(limits),
      settings_(settings),
      streams_(streams),
      writer_(writer),
      bdp_(limits.initial_stream_window_bytes, std::min(limits.max_window_bytes, kMaxWindowBytes)) {}

void ReceiveFlow::announce() {
  const std::uint32_t wanted_bytes = std::min(limits_.initial_connection_window_bytes, kMaxWindowBytes);
  if (wanted_bytes <= kDefaultWindowBytes) return;
  connection_.grow(wanted_bytes - kDefaultWindowBytes);
  update(kConnectionStream, connection_);
}

Outcome ReceiveFlow::arrived(std::uint32_t frame_bytes) {
  if (!connection_.take(frame_bytes)) {
    return connection_fault(ErrorCode::kFlowControlError,
                            "DATA beyond the connection's window (RFC 9113 section 6.9.1)");
  }
  connection_.give_back(frame_bytes);
  update(kConnectionStream, connection_);
  return {};
}

Outcome ReceiveFlow::arrived_on(Stream& stream, std::uint32_t frame_bytes, std::uint32_t padding_bytes,
                                TimePoint now) {
  if (!stream.receive_window.take(frame_bytes)) {
    return stream_fault(ErrorCode::kFlowControlError,
                        "DATA beyond the stream's window (RFC 9113 section 6.9.1)");
  }
  if (padding_bytes > 0) consumed(stream, padding_bytes);
  const bool busy = stream.receive_window.available_bytes() <= stream.receive_window.size_bytes() / 2 &&
                    !settings_.awaits_ack();
  if (bdp_.data_arrived(frame_bytes, busy, now)) writer_.ping(BdpEstimator::kPingOpaque, false);
  return {};
}

void ReceiveFlow::consumed(Stream& stream, std::uint32_t size_bytes) {
  stream.receive_window.give_back(size_bytes);
  if (!stream.received_end()) update(stream.id, stream.receive_window);
}

bool ReceiveFlow::ping_answered(std::uint64_t opaque, TimePoint now) {
  if (opaque != BdpEstimator::kPingOpaque || !bdp_.is_sampling()) return false;
  if (const auto window_bytes = bdp_.ping_answered(now)) grow(*window_bytes);
  return true;
}

void ReceiveFlow::update(StreamId id, ReceiveWindow& window) {
  if (const std::uint32_t increment = window.take_update(); increment > 0) {
    writer_.window_update(id, increment);
  }
}

// One SETTINGS frame raises every stream's window; the connection's has only WINDOW_UPDATE.
void ReceiveFlow::grow(std::uint32_t window_bytes) {
  const std::int64_t delta_bytes = std::int64_t{window_bytes} - std::int64_t{settings_.stream_window_bytes()};
  if (delta_bytes > 0 && !settings_.awaits_ack()) {
    const Setting raised = settings_.raise_initial_window(window_bytes);
    writer_.settings({&raised, 1});
    for (Stream* stream : streams_.all()) stream->receive_window.adjust_announced(delta_bytes);
  }
  if (window_bytes > connection_.size_bytes()) {
    connection_.grow(static_cast<std::uint32_t>(window_bytes - connection_.size_bytes()));
    update(kConnectionStream, connection_);
  }
}

}  // namespace parlance::http2
