#include "http2/control_in.h"

#include <algorithm>

namespace parlance::http2 {

Outcome ControlIn::on_settings(const FrameHeader& header, Bytes payload) {
  if (header.has(flags::kAck)) return on_settings_ack();
  if (auto ok = core_.abuse.count_settings(); !ok) return ok;
  if (auto ok = apply_settings(payload); !ok) return ok;
  core_.settings.received();
  core_.send.control().settings_ack();
  core_.observer.on_settings();
  return {};
}

Outcome ControlIn::on_settings_ack() {
  const auto acknowledged = core_.settings.acknowledged();
  if (!acknowledged) return std::unexpected(acknowledged.error());
  headers_.set_table_bytes(acknowledged->header_table_bytes);
  if (acknowledged->stream_window_delta_bytes == 0) return {};
  for (Stream* stream : core_.streams.all()) {
    stream->receive_window.adjust_announced(acknowledged->stream_window_delta_bytes);
  }
  return {};
}

Outcome ControlIn::apply_settings(Bytes payload) {
  const std::int64_t window_before = core_.settings.theirs().initial_window_bytes;
  for (; !payload.empty(); payload = payload.subspan(kSettingBytes)) {
    const Setting setting{static_cast<SettingId>(load_be16(payload.data())), load_be32(payload.data() + 2)};
    if (auto ok = core_.settings.apply(setting); !ok) return ok;
    if (setting.id == SettingId::kHeaderTableSize) core_.send.set_peer_header_table(setting.value);
  }
  return move_send_windows(core_.settings.theirs().initial_window_bytes - window_before);
}

// RFC 9113 section 6.9.2: every stream moves by the difference; the connection's window does not.
Outcome ControlIn::move_send_windows(std::int64_t delta_bytes) {
  if (delta_bytes == 0) return {};
  for (Stream* stream : core_.streams.all()) {
    if (core_.send.adjust_window(*stream, delta_bytes)) continue;
    return connection_fault(
        ErrorCode::kFlowControlError,
        "SETTINGS_INITIAL_WINDOW_SIZE lifts a window above 2^31-1 (RFC 9113 section 6.9.2)");
  }
  return {};
}

Outcome ControlIn::on_ping(const FrameHeader& header, Bytes payload) {
  const std::uint64_t opaque = load_be64(payload.data());
  if (header.has(flags::kAck)) {
    if (!core_.receive.ping_answered(opaque, core_.now)) core_.observer.on_ping_ack(opaque);
    return {};
  }
  if (auto ok = core_.abuse.count_ping(); !ok) return ok;
  core_.send.control().ping(opaque, true);
  core_.observer.on_ping();
  return {};
}

// Streams of ours above the last id were not looked at (section 6.8). To a server the id says nothing, since
// it opens no streams.
Outcome ControlIn::on_goaway(Bytes payload) {
  const StreamId last = load_be32(payload.data()) & kMaxStreamId;
  const auto code = static_cast<ErrorCode>(load_be32(payload.data() + 4));
  const std::string_view debug_data = as_text(payload.subspan(8));
  Ending& ending = core_.ending;
  if (core_.role == Role::kClient && last > ending.peer_accepts_up_to) {
    return connection_fault(ErrorCode::kProtocolError,
                            "GOAWAY with a higher stream than before (RFC 9113 section 6.8)");
  }
  ending.peer_leaves = true;
  ending.peer_accepts_up_to = std::min(last, ending.peer_accepts_up_to);
  if (code != ErrorCode::kNoError && !ending.error) {
    ending.error = ConnectionError{code, EndedBy::kPeer, std::string(debug_data)};
  }
  if (core_.role == Role::kClient) {
    for (Stream* stream : core_.streams.all()) {
      if (stream->closed || stream->id <= last) continue;
      core_.end(*stream, {EndedBy::kPeer, ErrorCode::kRefusedStream, false, "GOAWAY: not processed"});
    }
  }
  core_.observer.on_goaway(last, code, debug_data);
  return {};
}

Outcome ControlIn::on_window_update(const FrameHeader& header, Bytes payload) {
  if (auto ok = core_.abuse.count_window_update(); !ok) return ok;
  const std::uint32_t increment = load_be32(payload.data()) & kMaxWindowBytes;
  if (header.stream != kConnectionStream) return on_stream_window_update(header.stream, increment);
  if (increment == 0) {
    return connection_fault(ErrorCode::kProtocolError, "WINDOW_UPDATE of zero (RFC 9113 section 6.9)");
  }
  if (!core_.send.adjust_connection_window(increment)) {
    return connection_fault(ErrorCode::kFlowControlError, "window above 2^31-1 (RFC 9113 section 6.9.1)");
  }
  return {};
}

// On a stream that is gone it may have been on its way (section 5.1); on an idle one it is a fault.
Outcome ControlIn::on_stream_window_update(StreamId id, std::uint32_t increment) {
  Stream* stream = core_.streams.find(id);
  if (stream == nullptr && core_.streams.is_idle(id)) return core_.frame_on_gone_stream(id);
  if (stream == nullptr) return {};
  if (increment == 0) {
    return stream_fault(ErrorCode::kProtocolError, "WINDOW_UPDATE of zero (RFC 9113 section 6.9)");
  }
  if (!core_.send.adjust_window(*stream, increment)) {
    return stream_fault(ErrorCode::kFlowControlError, "window above 2^31-1 (RFC 9113 section 6.9.1)");
  }
  return {};
}

// A client's streams cost only the client, so a server may reset as many of them as there are.
Outcome ControlIn::on_rst_stream(const FrameHeader& header, Bytes payload) {
  const auto code = static_cast<ErrorCode>(load_be32(payload.data()));
  Stream* stream = core_.streams.find(header.stream);
  if (stream == nullptr && core_.streams.is_idle(header.stream)) {
    return core_.frame_on_gone_stream(header.stream);
  }
  if (stream != nullptr) {
    core_.end(*stream, {EndedBy::kPeer, code, code != ErrorCode::kRefusedStream, {}});
  }
  return core_.role == Role::kServer ? core_.abuse.count_reset() : Outcome{};
}

// Priorities of RFC 7540 are checked for form and ignored (RFC 9113 sections 5.3.2 and 6.3). A stream that is
// not open cannot be reset, so its fault costs the connection.
Outcome ControlIn::on_priority(const FrameHeader& header, Bytes payload) {
  if (auto ok = core_.abuse.count_empty(); !ok) return ok;
  const bool sized = payload.size() == 5;
  if (sized && (load_be32(payload.data()) & kMaxStreamId) != header.stream) return {};
  const Fault fault{
      core_.streams.find(header.stream) != nullptr ? Fault::Scope::kStream : Fault::Scope::kConnection,
      sized ? ErrorCode::kProtocolError : ErrorCode::kFrameSizeError,
      sized ? "stream depends on itself (RFC 7540 section 5.3.1)"
            : "PRIORITY of a wrong size (RFC 9113 section 6.3)"};
  return std::unexpected(fault);
}

}  // namespace parlance::http2
