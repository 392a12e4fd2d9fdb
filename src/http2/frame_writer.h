#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "http2/error_code.h"
#include "http2/frame.h"
#include "http2/output_queue.h"
#include "http2/settings.h"

namespace parlance::http2 {

/// What a client's connection begins with (RFC 9113 section 3.4).
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Puts frames at the end of an OutputQueue. Those that a peer can make us send count as control bytes of the
/// queue.
class FrameWriter {
 public:
  /// GOAWAY debug data beyond this is cut off.
  static constexpr std::size_t kMostDebugBytes = 1024;

  /// `out` must outlive the writer.
  explicit FrameWriter(OutputQueue& out) : out_(out) {}

  void preface() { out_.append_copy(as_bytes(kPreface)); }
  void settings(std::span<const Setting> settings);
  void settings_ack();
  void ping(std::uint64_t opaque, bool ack);
  void goaway(StreamId last_stream, ErrorCode code, std::string_view debug_data);
  void rst_stream(StreamId stream, ErrorCode code);
  void window_update(StreamId stream, std::uint32_t increment);
  /// The frame with its payload still to be written; returns where. Both fit into a block of the queue.
  std::byte* data(StreamId stream, std::uint32_t size_bytes, bool end_stream);
  /// The frame's header only; the payload is up to the caller.
  void data_header(StreamId stream, std::uint32_t size_bytes, bool end_stream);
  /// A complete header block, cut into HEADERS and CONTINUATIONs of at most kMinMaxFrameBytes, which every
  /// peer accepts. The first kFrameHeaderBytes of `room_and_block` are room for the frame header; they are
  /// overwritten.
  void headers(StreamId stream, std::span<std::byte> room_and_block, bool end_stream);

 private:
  /// Header and payload in one piece; returns where the payload goes.
  std::byte* control(const FrameHeader& header);

  OutputQueue& out_;
};

}  // namespace parlance::http2
