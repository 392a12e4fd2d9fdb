#include "http2/frame.h"

namespace parlance::http2 {
namespace {

Outcome of_stream(const FrameHeader& header) {
  if (header.stream != kConnectionStream) return {};
  return connection_fault(ErrorCode::kProtocolError, "stream frame on stream 0 (RFC 9113 section 6)");
}

Outcome of_connection(const FrameHeader& header) {
  if (header.stream == kConnectionStream) return {};
  return connection_fault(ErrorCode::kProtocolError, "connection frame on a stream (RFC 9113 section 6)");
}

Outcome of_size(const FrameHeader& header, std::uint32_t size_bytes) {
  if (header.length == size_bytes) return {};
  return connection_fault(ErrorCode::kFrameSizeError, "frame of a wrong size (RFC 9113 section 6)");
}

Outcome check_settings(const FrameHeader& header) {
  if (auto ok = of_connection(header); !ok) return ok;
  if (header.has(flags::kAck)) return of_size(header, 0);
  if (header.length % 6 == 0) return {};
  return connection_fault(ErrorCode::kFrameSizeError, "SETTINGS of a wrong size (RFC 9113 section 6.5)");
}

Outcome check_goaway(const FrameHeader& header) {
  if (auto ok = of_connection(header); !ok) return ok;
  if (header.length >= 8) return {};
  return connection_fault(ErrorCode::kFrameSizeError, "GOAWAY too short (RFC 9113 section 6.8)");
}

}  // namespace

Outcome check_frame_header(const FrameHeader& header, std::uint32_t max_frame_bytes) {
  if (header.length > max_frame_bytes) {
    return connection_fault(ErrorCode::kFrameSizeError,
                            "frame above SETTINGS_MAX_FRAME_SIZE (RFC 9113 section 4.2)");
  }
  switch (header.type) {
    case FrameType::kData:
    case FrameType::kHeaders:
    case FrameType::kPriority:  // its size costs the stream only (section 6.3), so ControlIn looks at it
    case FrameType::kContinuation:
      return of_stream(header);
    case FrameType::kRstStream:
      if (auto ok = of_stream(header); !ok) return ok;
      return of_size(header, 4);
    case FrameType::kSettings:
      return check_settings(header);
    case FrameType::kPushPromise:
      return connection_fault(ErrorCode::kProtocolError,
                              "PUSH_PROMISE, but push is refused (RFC 9113 sections 6.6 and 8.4)");
    case FrameType::kPing:
      if (auto ok = of_connection(header); !ok) return ok;
      return of_size(header, 8);
    case FrameType::kGoaway:
      return check_goaway(header);
    case FrameType::kWindowUpdate:
      return of_size(header, 4);
  }
  return {};
}

}  // namespace parlance::http2
