#include "http2/data_in.h"

namespace parlance::http2 {

Outcome DataIn::on_piece(const FrameItem& item) {
  if (item.first) {
    if (auto ok = begin_frame(item); !ok) return ok;
  }
  Stream* stream = core_.streams.find(item.header.stream);
  if (stream == nullptr) return {};  // reset, perhaps by the observer of the piece before
  return deliver(*stream, item.payload, item.last && item.header.has(flags::kEndStream));
}

// Flow control counts the whole frame as soon as its header is here.
Outcome DataIn::begin_frame(const FrameItem& item) {
  const FrameHeader& header = item.header;
  if (auto ok = core_.receive.arrived(header.length); !ok) return ok;
  if (header.length == item.padding_bytes && !header.has(flags::kEndStream)) {
    if (auto ok = core_.abuse.count_empty(); !ok) return ok;
  }
  Stream* stream = core_.streams.find(header.stream);
  if (stream == nullptr) return core_.frame_on_gone_stream(header.stream);
  if (stream->received_end()) {
    return stream_fault(ErrorCode::kStreamClosed, "DATA after END_STREAM (RFC 9113 section 5.1)");
  }
  if (stream->receiving == Stream::Receiving::kResponse) {
    return stream_fault(ErrorCode::kProtocolError,
                        "DATA before the response's header section (RFC 9113 section 8.1)");
  }
  return core_.receive.arrived_on(*stream, header.length, item.padding_bytes, core_.now);
}

Outcome DataIn::deliver(Stream& stream, Bytes payload, bool end_stream) {
  stream.received_bytes += payload.size();
  if (auto ok = check_length(stream, end_stream); !ok) return ok;
  if (end_stream) stream.receiving = Stream::Receiving::kEnded;
  if (!payload.empty() || end_stream) stream.observer->on_data(payload, end_stream);
  core_.send.close_if_done(stream);
  return {};
}

Outcome check_length(const Stream& stream, bool end_stream) {
  if (stream.expected_bytes == Stream::kNoLength) return {};
  const bool fits = end_stream ? stream.received_bytes == stream.expected_bytes
                               : stream.received_bytes <= stream.expected_bytes;
  if (fits) return {};
  return stream_fault(ErrorCode::kProtocolError,
                      "the body is not as long as content-length says (RFC 9113 section 8.1.1)");
}

}  // namespace parlance::http2
