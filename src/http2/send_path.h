#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "http2/abuse_limits.h"
#include "http2/frame_writer.h"
#include "http2/hpack_encoder.h"
#include "http2/limits.h"
#include "http2/output_queue.h"
#include "http2/send_scheduler.h"
#include "http2/send_window.h"
#include "http2/stream_set.h"

namespace parlance::http2 {

/// From what is submitted on streams to bytes in the output: queues, flow control, HPACK, whose turn it is.
///
/// What a stream submits goes straight into the output when nothing of it waits, the windows allow it and the
/// output is short; otherwise it waits on the stream and leaves in the stream's turn.
class SendPath {
 public:
  /// Enough for one large write, little enough that control frames do not wait long.
  static constexpr std::size_t kFullOutputBytes = 128 * 1024;

  SendPath(const Limits& limits, StreamSet& streams, AbuseLimits& abuse)
      : limits_(limits), streams_(streams), abuse_(abuse), encoder_(limits.header_table_bytes) {}

  OutputQueue& output() { return output_; }
  const OutputQueue& output() const { return output_; }
  /// Frames that wait for nothing.
  FrameWriter& control() { return writer_; }

  /// Both are false when the stream takes nothing more. The stream may be closed afterwards.
  bool submit_headers(Stream& stream, HeaderFields fields, bool end_stream);
  bool submit_headers(Stream& stream, const FixedFields& fixed, HeaderFields more, bool end_stream);
  bool submit_data(Stream& stream, Buffer data, bool end_stream);
  /// A DATA frame in the output with its payload still to be written; null when it would have to be queued.
  std::byte* place_data(Stream& stream, std::size_t size_bytes, bool end_stream);
  /// A header section on a stream that is not (or no more) in the set: the refusal of a request.
  void write_headers(StreamId stream, HeaderFields fields, bool end_stream);
  void write_headers(StreamId stream, const FixedFields& fixed, HeaderFields more, bool end_stream);

  void set_peer_header_table(std::uint32_t size_bytes) { encoder_.set_max_table_bytes(size_bytes); }
  /// WINDOW_UPDATE or a changed initial window. False when a window passes 2^31−1.
  [[nodiscard]] bool adjust_window(Stream& stream, std::int64_t delta_bytes);
  [[nodiscard]] bool adjust_connection_window(std::int64_t delta_bytes);
  /// HEADERS and DATA frames put into the output so far.
  std::uint64_t payload_frames() const { return payload_frames_; }
  std::int64_t connection_window() const { return window_.value(); }

  /// The stream is about to be closed: it loses its turn.
  void drop(Stream& stream) { scheduler_.remove(stream); }
  /// Both sides have sent END_STREAM: the stream is gone. A server that has sent its own while the request is
  /// still open stops the request with RST_STREAM NO_ERROR (RFC 9113 section 8.1).
  void close_if_done(Stream& stream);

  /// What fill() aims for; at least a turn's worth is kept to.
  void set_output_target(std::size_t size_bytes) {
    output_target_bytes_ = std::max<std::size_t>(size_bytes, SendScheduler::kTurnBytes);
  }

  bool has_turns() const { return !scheduler_.empty(); }
  /// The peer took all that was written, or it did not: then less goes past the queues of the streams.
  void set_backlogged(bool backlogged) { backlogged_ = backlogged; }
  /// Gives turns until the output holds enough for a write. Calls on_send_ready.
  void fill();

 private:
  /// A peer that keeps up gets what one turn makes in one go, up to this many times what fill() aims for.
  static constexpr std::size_t kEagerTargets = 2;
  /// Beyond this even header sections wait on their streams: the peer does not read.
  static constexpr std::size_t kStalledOutputBytes = 1024 * 1024;

  std::uint32_t sendable_bytes(const Stream& stream) const;
  void charge(Stream& stream, std::uint32_t size_bytes);
  void turn(Stream& stream);
  bool send_data_frame(Stream& stream, std::uint32_t& budget_bytes);
  void send_queued_headers(Stream& stream);
  bool may_leave_at_once(const Stream& stream, std::size_t size_bytes) const;
  std::size_t most_output_bytes() const {
    return backlogged_ ? output_target_bytes_ : kEagerTargets * output_target_bytes_;
  }
  bool may_write_headers(const Stream& stream) const;
  void wrote_headers(Stream& stream, bool end_stream);
  void write_block(StreamId stream, bool end_stream);
  void reschedule(Stream& stream);
  void tell_when_low(Stream& stream);

  const Limits& limits_;
  StreamSet& streams_;
  AbuseLimits& abuse_;
  OutputQueue output_;
  FrameWriter writer_{output_};
  HpackEncoder encoder_;
  std::vector<std::byte> block_;  // room for a frame header, and a header block
  SendScheduler scheduler_;
  SendWindow window_{kDefaultWindowBytes};
  std::uint64_t payload_frames_ = 0;
  std::size_t output_target_bytes_ = kFullOutputBytes;
  bool backlogged_ = false;
};

}  // namespace parlance::http2
