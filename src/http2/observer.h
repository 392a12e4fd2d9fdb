#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "http2/error_code.h"
#include "http2/header_field.h"
#include "http2/stream_id.h"

namespace parlance::http2 {

/// Who ended a stream before its time, or that nobody did. kTransport: the connection was lost or ended
/// (GOAWAY with an error, a connection error of either side, the socket gone) with the stream still open.
enum class EndedBy : std::uint8_t { kNobody, kLocal, kPeer, kTransport };

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
/// may call Connection::receive, gather or wrote. Views live until the call returns.
class StreamObserver {
 public:
  /// A whole header section: the response, an informational response (`:status` 1xx), or trailers. On a
  /// server, only trailers come here (the request goes to ConnectionObserver::on_request).
  virtual void on_headers(HeaderFields fields, bool end_stream) = 0;
  /// Payload without padding; may be empty when only END_STREAM comes. The stream's receive window is charged
  /// with it until Connection::consume gives it back; padding is given back by the connection itself.
  virtual void on_data(Bytes data, bool end_stream) = 0;
  /// Bytes queued for sending on this stream have fallen to the low-water mark (Limits::send_low_water_bytes)
  /// after having been above it. Called from within Connection::gather.
  virtual void on_send_ready() = 0;
  /// The stream is gone; its id means nothing any more. Comes from within receive(), gather(), reset(),
  /// shutdown() or on_transport_closed(), never from within send_headers() or send_data().
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
  /// Server: what answers a request whose header section is above max_header_list_bytes. It was not decoded
  /// to its end, so on_request does not see it. The fields are used before the observer is called again; an
  /// HTTP client reads the 431 (RFC 6585 section 5), others what the application adds in its own terms.
  virtual HeaderFields answer_to_oversized_request();
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

}  // namespace parlance::http2
