#include "http2/connection_core.h"

namespace parlance::http2 {

ConnectionCore::ConnectionCore(Role connection_role, const Limits& connection_limits,
                               ConnectionObserver& connection_observer)
    : role(connection_role),
      limits(connection_limits),
      observer(connection_observer),
      abuse(limits),
      settings(role, limits),
      streams(role, observer),
      send(limits, streams, abuse),
      receive(limits, settings, streams, send.control()) {}

void ConnectionCore::reset(Stream& stream, ErrorCode code, std::string_view reason) {
  if (!ending.dead) send.control().rst_stream(stream.id, code);
  end(stream, {.by = EndedBy::kLocal, .code = code, .reason = reason});
}

void ConnectionCore::refuse(StreamId id, ErrorCode code) {
  send.control().rst_stream(id, code);
  streams.remember_refused(id);
}

void ConnectionCore::end(Stream& stream, const StreamEnd& end) {
  send.drop(stream);
  streams.close_and_tell(stream, end);
}

void ConnectionCore::end_all(const StreamEnd& how) {
  for (Stream* stream : streams.all()) {
    if (!stream->closed) end(*stream, how);
  }
}

Outcome ConnectionCore::frame_on_gone_stream(StreamId id) const {
  if (streams.is_idle(id)) {
    return connection_fault(ErrorCode::kProtocolError, "frame on an idle stream (RFC 9113 section 5.1)");
  }
  switch (streams.ended_by(id)) {
    case EndedBy::kLocal:
      return {};
    case EndedBy::kPeer:
      return stream_fault(ErrorCode::kStreamClosed, "frame after RST_STREAM (RFC 9113 section 5.1)");
    case EndedBy::kNobody:
    case EndedBy::kTransport:
      break;
  }
  return connection_fault(ErrorCode::kStreamClosed, "frame on a closed stream (RFC 9113 section 5.1)");
}

}  // namespace parlance::http2
