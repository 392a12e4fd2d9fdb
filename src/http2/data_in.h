#pragma once

#include "http2/connection_core.h"
#include "http2/frame_reader.h"

namespace parlance::http2 {

/// DATA frames (RFC 9113 section 6.1), in pieces as they arrive.
class DataIn {
 public:
  explicit DataIn(ConnectionCore& core) : core_(core) {}

  /// A fault of the stream is about `item.header.stream`.
  Outcome on_piece(const FrameItem& item);

 private:
  Outcome begin_frame(const FrameItem& item);
  Outcome deliver(Stream& stream, Bytes payload, bool end_stream);

  ConnectionCore& core_;
};

/// Whether the body that came so far can be what content-length says (RFC 9113 section 8.1.1).
Outcome check_length(const Stream& stream, bool end_stream);

}  // namespace parlance::http2
