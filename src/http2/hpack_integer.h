#pragma once

#include <cstddef>
#include <cstdint>

namespace parlance::http2 {

/// No integer below 2^32 takes more octets than this with a prefix of at least 4 bits.
inline constexpr std::size_t kMaxIntegerBytes = 6;

/// Writes `value` as RFC 7541 section 5.1 says, with the `prefix_bits` (4 to 8) low bits of the first octet,
/// whose other bits are those of `first`. Returns the end of it, at most kMaxIntegerBytes further.
inline std::byte* encode_integer(std::byte* at, std::uint8_t first, unsigned prefix_bits,
                                 std::uint32_t value) {
  const std::uint32_t largest = (1u << prefix_bits) - 1;
  if (value < largest) {
    *at++ = static_cast<std::byte>(first | value);
    return at;
  }
  *at++ = static_cast<std::byte>(first | largest);
  for (value -= largest; value >= 0x80; value >>= 7) *at++ = static_cast<std::byte>(value | 0x80);
  *at++ = static_cast<std::byte>(value);
  return at;
}

}  // namespace parlance::http2
