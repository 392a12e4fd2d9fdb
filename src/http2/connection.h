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
#include "http2/header_field.h"
#include "http2/limits.h"

namespace parlance::http2 {

enum class Role : std::uint8_t { kClient, kServer };

using StreamId = std::uint32_t;

/// Who ended a stream before its time, or that nobody did.
enum class EndedBy : std::uint8_t { kNobody, kLocal, kPeer };

/// How a stream ended. `kNobody`: both sides sent END_STREAM. Otherwise `code` is that of the RST_STREAM, or
/// of the connection's end. `processed` is false when the peer is known not to have looked at the request
/// (REFUSED_STREAM, or an id above the last one of its GOAWAY): such a request may be sent again elsewhere.
struct StreamEnd {
  EndedBy by = EndedBy::kNobody;
  ErrorCode code = ErrorCode::kNoError;
  bool processed = true;
  /// Why, in words, when this side ended it or the connection went down; lives as long as the call.
  std::string_view reason;
};

/// Receives what happens on one stream. The connection does not own it; it must live until on_closed, which
/// is the last call it gets and which it gets exactly once. Any of these may submit on the connection, none
/// may call Connection::receive. Views live until the call returns.
class StreamObserver {
 public:
  /// A whole header section: the response, an informational response (`:status` 1xx), or trailers. On a
  /// server, only trailers come here (the request goes to ConnectionObserver::on_request).
  virtual void on_headers(HeaderFields fields, bool end_stream) = 0;
  /// Payload without padding; may be empty when only END_STREAM comes. The stream's receive window is charged
  /// with it until Connection::consume gives it back; padding is given back by the connection itself.
  virtual void on_data(Bytes data, bool end_stream) = 0;
  /// Bytes queued for sending on this stream have fallen to the low-water mark (Limits::send_low_water_bytes)
  /// after having been above it.
  virtual void on_send_ready() = 0;
  /// The stream is gone; its id means nothing any more.
  virtual void on_closed(const StreamEnd& end) = 0;

 protected:
  ~StreamObserver() = default;
};

/// Receives what happens to the connection as a whole. Same rules as StreamObserver.
class ConnectionObserver {
 public:
  /// Server: a request's header section. Returns who follows the stream; null refuses it (REFUSED_STREAM).
  /// Never called on a client.
  virtual StreamObserver* on_request(StreamId stream, HeaderFields fields, bool end_stream) = 0;
  /// The peer's SETTINGS were applied (the first ones, and each later change).
  virtual void on_settings() {}
  /// The answer to Connection::ping with this opaque value.
  virtual void on_ping_ack(std::uint64_t /*opaque*/) {}
  /// The peer sent a PING (already answered).
  virtual void on_ping() {}
  /// The peer accepts no new streams above `last_stream`.
  virtual void on_goaway(StreamId /*last_stream*/, ErrorCode /*code*/, std::string_view /*debug_data*/) {}
  /// A stream opened by either side is gone; `open_streams` remain. For idle timeouts and draining.
  virtual void on_stream_count(std::size_t /*open_streams*/) {}

 protected:
  ~ConnectionObserver() = default;
};

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
  /// The socket is gone (EOF or error, in words): every open stream ends with `EndedBy::kPeer`, CANCEL.
  void on_transport_closed(std::string_view reason);

  // --- streams
  // ----------------------------------------------------------------------------------------------
  /// Client: whether a request may be opened now (no GOAWAY, below the peer's stream limit, ids left).
  bool can_open_stream() const;
  /// Client: opens a stream; `can_open_stream()` must hold (checked). Fields are encoded before it returns.
  StreamId open_stream(HeaderFields fields, bool end_stream, StreamObserver& observer);
  /// A header section: the server's response, or trailers when data were sent before (`end_stream` true).
  /// What is queued as data on the stream goes out before it. Submitting on a stream that is gone or
  /// half-closed (local) is ignored and returns false: the peer may have reset it a moment ago.
  bool send_headers(StreamId stream, HeaderFields fields, bool end_stream);
  /// Queues data; flow control and the scheduler decide when it leaves. Small data are copied, large ones are
  /// referenced. Same return value.
  bool send_data(StreamId stream, Buffer data, bool end_stream);
  /// Bytes queued on the stream and not yet framed; 0 when it is gone.
  std::size_t queued_bytes(StreamId stream) const;
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
