#pragma once

#include "http2/connection_core.h"
#include "http2/frame.h"
#include "http2/headers_in.h"

namespace parlance::http2 {

/// The frames that steer: SETTINGS, PING, GOAWAY, WINDOW_UPDATE, RST_STREAM, PRIORITY. Sizes and stream 0
/// were checked by check_frame_header(), but for PRIORITY.
class ControlIn {
 public:
  ControlIn(ConnectionCore& core, HeadersIn& headers) : core_(core), headers_(headers) {}

  /// A fault of the stream is about `header.stream`.
  Outcome on_settings(const FrameHeader& header, Bytes payload);
  Outcome on_ping(const FrameHeader& header, Bytes payload);
  Outcome on_goaway(Bytes payload);
  Outcome on_window_update(const FrameHeader& header, Bytes payload);
  Outcome on_rst_stream(const FrameHeader& header, Bytes payload);
  Outcome on_priority(const FrameHeader& header, Bytes payload);

 private:
  Outcome on_settings_ack();
  Outcome apply_settings(Bytes payload);
  Outcome move_send_windows(std::int64_t delta_bytes);
  Outcome on_stream_window_update(StreamId id, std::uint32_t increment);

  ConnectionCore& core_;
  HeadersIn& headers_;
};

}  // namespace parlance::http2
