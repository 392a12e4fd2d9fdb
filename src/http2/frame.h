#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "http2/fault.h"
#include "http2/stream_id.h"

namespace parlance::http2 {

/// RFC 9113 section 6. Any other number is an extension and is ignored (section 5.5).
enum class FrameType : std::uint8_t {
  kData = 0x0,
  kHeaders = 0x1,
  kPriority = 0x2,
  kRstStream = 0x3,
  kSettings = 0x4,
  kPushPromise = 0x5,
  kPing = 0x6,
  kGoaway = 0x7,
  kWindowUpdate = 0x8,
  kContinuation = 0x9,
};

constexpr bool is_known(FrameType type) { return type <= FrameType::kContinuation; }

namespace flags {
inline constexpr std::uint8_t kEndStream = 0x01;  // DATA, HEADERS
inline constexpr std::uint8_t kAck = 0x01;        // SETTINGS, PING
inline constexpr std::uint8_t kEndHeaders = 0x04;
inline constexpr std::uint8_t kPadded = 0x08;
inline constexpr std::uint8_t kPriority = 0x20;
}  // namespace flags

inline constexpr std::size_t kFrameHeaderBytes = 9;
inline constexpr std::uint32_t kMinMaxFrameBytes = 16 * 1024;       // RFC 9113 section 4.2
inline constexpr std::uint32_t kMaxMaxFrameBytes = (1U << 24) - 1;  // 24 bits of length

/// The nine octets before every payload (RFC 9113 section 4.1).
struct FrameHeader {
  std::uint32_t length = 0;  // of the payload
  FrameType type = FrameType::kData;
  std::uint8_t flags = 0;
  StreamId stream = 0;

  bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
  bool operator==(const FrameHeader&) const = default;
};

/// `at` points to kFrameHeaderBytes bytes. The reserved bit of the stream id is ignored (section 4.1).
inline FrameHeader load_frame_header(const std::byte* at) {
  return {.length = load_be24(at),
          .type = static_cast<FrameType>(at[3]),
          .flags = std::to_integer<std::uint8_t>(at[4]),
          .stream = load_be32(at + 5) & kMaxStreamId};
}
inline void store_frame_header(std::byte* at, const FrameHeader& header) {
  store_be24(at, header.length);
  at[3] = static_cast<std::byte>(header.type);
  at[4] = static_cast<std::byte>(header.flags);
  store_be32(at + 5, header.stream);
}

/// What can be said of a frame from its header alone: size limits, fixed sizes, and whether its type belongs
/// to a stream or to the connection. Extension frames only have to keep the size limit.
Outcome check_frame_header(const FrameHeader& header, std::uint32_t max_frame_bytes);

}  // namespace parlance::http2
