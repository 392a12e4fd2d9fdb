#include "http2/frame_writer.h"

#include <algorithm>
#include <cstring>

namespace parlance::http2 {

std::byte* FrameWriter::control(const FrameHeader& header) {
  std::byte* at = out_.append_control(kFrameHeaderBytes + header.length);
  store_frame_header(at, header);
  return at + kFrameHeaderBytes;
}

void FrameWriter::settings(std::span<const Setting> settings) {
  std::byte* at = control(
      {.length = static_cast<std::uint32_t>(settings.size() * kSettingBytes), .type = FrameType::kSettings});
  for (const Setting& setting : settings) {
    store_be16(at, static_cast<std::uint16_t>(setting.id));
    store_be32(at + 2, setting.value);
    at += kSettingBytes;
  }
}

void FrameWriter::settings_ack() { control({.type = FrameType::kSettings, .flags = flags::kAck}); }

void FrameWriter::ping(std::uint64_t opaque, bool ack) {
  const std::uint8_t flag = ack ? flags::kAck : std::uint8_t{0};
  store_be64(control({.length = 8, .type = FrameType::kPing, .flags = flag}), opaque);
}

void FrameWriter::goaway(StreamId last_stream, ErrorCode code, std::string_view debug_data) {
  debug_data = debug_data.substr(0, kMostDebugBytes);
  std::byte* at =
      control({.length = static_cast<std::uint32_t>(8 + debug_data.size()), .type = FrameType::kGoaway});
  store_be32(at, last_stream);
  store_be32(at + 4, static_cast<std::uint32_t>(code));
  if (!debug_data.empty()) std::memcpy(at + 8, debug_data.data(), debug_data.size());
}

void FrameWriter::rst_stream(StreamId stream, ErrorCode code) {
  store_be32(control({.length = 4, .type = FrameType::kRstStream, .stream = stream}),
             static_cast<std::uint32_t>(code));
}

void FrameWriter::window_update(StreamId stream, std::uint32_t increment) {
  store_be32(control({.length = 4, .type = FrameType::kWindowUpdate, .stream = stream}), increment);
}

namespace {

FrameHeader header_of_data(StreamId stream, std::uint32_t size_bytes, bool end_stream) {
  const std::uint8_t flag = end_stream ? flags::kEndStream : std::uint8_t{0};
  return {.length = size_bytes, .type = FrameType::kData, .flags = flag, .stream = stream};
}

}  // namespace

std::byte* FrameWriter::data(StreamId stream, std::uint32_t size_bytes, bool end_stream) {
  std::byte* at = out_.append(kFrameHeaderBytes + size_bytes);
  store_frame_header(at, header_of_data(stream, size_bytes, end_stream));
  return at + kFrameHeaderBytes;
}

void FrameWriter::data_header(StreamId stream, std::uint32_t size_bytes, bool end_stream) {
  store_frame_header(out_.append(kFrameHeaderBytes), header_of_data(stream, size_bytes, end_stream));
}

void FrameWriter::headers(StreamId stream, std::span<std::byte> room_and_block, bool end_stream) {
  FrameHeader header{.type = FrameType::kHeaders, .stream = stream};
  if (end_stream) header.flags |= flags::kEndStream;
  for (bool more = true; more;) {
    const std::size_t size_bytes =
        std::min<std::size_t>(room_and_block.size() - kFrameHeaderBytes, kMinMaxFrameBytes);
    more = size_bytes < room_and_block.size() - kFrameHeaderBytes;
    header.length = static_cast<std::uint32_t>(size_bytes);
    if (!more) header.flags |= flags::kEndHeaders;
    store_frame_header(room_and_block.data(), header);
    out_.append_copy(room_and_block.first(kFrameHeaderBytes + size_bytes));
    // The next frame's header overwrites the end of what has just been copied.
    room_and_block = room_and_block.subspan(size_bytes);
    header.type = FrameType::kContinuation;
    header.flags = 0;
  }
}

}  // namespace parlance::http2
