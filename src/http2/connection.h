#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <sys/uio.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/deadline.h"
#include "http2/error_code.h"
#include "http2/fixed_fields.h"
#include "http2/header_field.h"
#include "http2/limits.h"
#include "http2/observer.h"
#include "http2/role.h"
#include "http2/stream_id.h"

namespace parlance::http2 {

/// Why a connection cannot go on: what was or is to be sent in GOAWAY.
struct ConnectionError {
  ErrorCode code = ErrorCode::kNoError;
  EndedBy by = EndedBy::kNobody;
  std::string reason;
};

/// An HTTP/2 connection (RFC 9113) without the socket: bytes and the time in, events and bytes out. It knows
/// no clock, thread or lock, and is the same engine for both roles. Server push is refused
/// (SETTINGS_ENABLE_PUSH=0), priority frames are checked for form and otherwise ignored (RFC 9113
/// section 5.3.2).
///
/// Protocol:
///   1. `receive()` whatever the socket gave. Observers are called from within it.
///   2. Submit requests, headers and data at any time (also from observers).
///   3. At the end of the turn: `gather()` what is to be written, write it, report with `wrote()`, until
///      `wants_write()` is false. When `finished()`, close the socket once everything is written.
///   4. `on_transport_closed()` when the socket is gone, before destruction if streams are still open.
class Connection {
 public:
  /// `observer` must outlive the connection. Queues the preface and/or the first SETTINGS.
  Connection(Role role, const Limits& limits, ConnectionObserver& observer);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // --- in
  // ---------------------------------------------------------------------------------------------------
  /// Any amount of bytes, cut anywhere. After a connection error the rest is ignored.
  void receive(Bytes bytes, TimePoint now);
  /// The socket is gone (EOF or error, in words): every open stream ends with `EndedBy::kTransport`, CANCEL.
  void on_transport_closed(std::string_view reason);
  /// For an observer that is being told of a header section: a number that no other section of this
  /// connection has, unless its fields are the same. Lets a reader remember what it made of them.
  std::uint64_t section_id() const;

  // --- streams
  // ----------------------------------------------------------------------------------------------
  /// Client: whether a request may be opened now (no GOAWAY, below the peer's stream limit, ids left).
  bool can_open_stream() const;
  /// Client: opens a stream; `can_open_stream()` must hold (checked). Fields are encoded before it returns.
  StreamId open_stream(HeaderFields fields, bool end_stream, StreamObserver& observer);
  StreamId open_stream(const FixedFields& fixed, HeaderFields more, bool end_stream,
                       StreamObserver& observer);
  /// A header section: the server's response, or trailers when data were sent before (`end_stream` true).
  /// What is queued as data on the stream goes out before it. Submitting on a stream that is gone or
  /// half-closed (local) is ignored and returns false: the peer may have reset it a moment ago.
  ///
  /// A server that has framed its END_STREAM while the request is still open then sends RST_STREAM NO_ERROR
  /// by itself (RFC 9113 section 8.1): the stream ends with EndedBy::kLocal, kNoError. That may happen to a
  /// stream that answers from within on_request; its observer gets on_closed after on_request has returned
  /// it.
  bool send_headers(StreamId stream, HeaderFields fields, bool end_stream);
  /// The same with fields that every call has before those that this one adds.
  bool send_headers(StreamId stream, const FixedFields& fixed, HeaderFields more, bool end_stream);
  /// Queues data; flow control and the scheduler decide when it leaves. Small data are copied, large ones are
  /// referenced. Same return value.
  bool send_data(StreamId stream, Buffer data, bool end_stream);
  /// The quick way of a small message: a DATA frame whose payload the caller writes where this says, before
  /// it calls anything else. Null, and nothing done, when it may not leave at once (send_data() then queues
  /// it) or the stream is gone. `size_bytes` is 1 to kMostPlacedBytes.
  std::byte* place_data(StreamId stream, std::size_t size_bytes, bool end_stream);
  static constexpr std::size_t kMostPlacedBytes = 4096;
  /// Bytes queued on the stream and not yet framed; 0 when it is gone.
  std::size_t queued_bytes(StreamId stream) const;
  /// The memory that these bytes hold, with that of header sections behind them; 0 when the stream is gone.
  std::size_t queued_memory_bytes(StreamId stream) const;
  /// on_send_ready also comes once nothing is queued on the stream any more, however little it was. Ignored
  /// when nothing is.
  void tell_when_sent(StreamId stream);
  /// Gives `size_bytes` of the stream's receive window back: the application has taken that much of what
  /// on_data brought. Ignored for a stream that is gone.
  void consume(StreamId stream, std::size_t size_bytes);
  /// Ends the stream with RST_STREAM. Queued data are dropped; the observer gets on_closed (EndedBy::kLocal)
  /// before this returns. After a server has sent its whole response, use kNoError (RFC 9113 section 8.1).
  void reset(StreamId stream, ErrorCode code, std::string_view reason = {});

  // --- connection
  // -------------------------------------------------------------------------------------------
  void ping(std::uint64_t opaque);
  /// Graceful end, first step: GOAWAY with the largest id; streams on their way are still accepted (RFC 9113
  /// section 6.8).
  void announce_shutdown(std::string_view debug_data = {});
  /// Second step: GOAWAY with the last id seen; later streams are refused, open ones run on. `finished()`
  /// once the last one ends. With an error code other than kNoError every stream ends at once.
  void shutdown(ErrorCode code, std::string_view debug_data = {});
  std::size_t open_streams() const;
  /// The memory held by everything that waits to be sent: streams' queues and the output.
  std::size_t send_memory_bytes() const;
  /// How much may stand in the output before data wait on their streams: at most, and at first, 128 KiB, and
  /// at least the 16 KiB of a turn; twice that for a peer that has taken all that was written. Less of it
  /// holds less for a peer that does not read.
  void set_output_target(std::size_t size_bytes);
  /// HEADERS and DATA frames sent so far: whether this side has had anything to say since some moment.
  std::uint64_t payload_frames_sent() const;
  /// The connection's windows: what this side may still send, and what the peer may (RFC 9113 section 5.2).
  std::int64_t send_window_bytes() const;
  std::int64_t receive_window_bytes() const;
  /// The peer's limit on streams that this side opens.
  std::uint32_t peer_max_concurrent_streams() const;
  /// Set once the connection cannot go on.
  const std::optional<ConnectionError>& error() const;
  bool is_draining() const;
  /// Nothing more will come: close the socket when wants_write() is false.
  bool finished() const;

  // --- out
  // --------------------------------------------------------------------------------------------------
  /// True when gather() would give bytes.
  bool wants_write() const;
  /// Fills `parts` with what is to be written next, in order, and returns how many were filled. The memory
  /// stays valid until wrote(). Runs the send scheduler: round robin between streams, at most 16 KiB each a
  /// turn.
  std::size_t gather(std::span<iovec> parts);
  /// The first `size_bytes` of what gather() gave were written.
  void wrote(std::size_t size_bytes);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parlance::http2
