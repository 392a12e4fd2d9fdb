#pragma once

#include <cstdint>

namespace parlance::http2 {

/// 31 bits (RFC 9113 section 5.1.1): odd ones are opened by the client, even ones by the server; 0 is the
/// connection.
using StreamId = std::uint32_t;

inline constexpr StreamId kConnectionStream = 0;
inline constexpr StreamId kMaxStreamId = 0x7fff'ffff;

constexpr bool is_client_stream(StreamId id) { return (id & 1) != 0; }

}  // namespace parlance::http2
