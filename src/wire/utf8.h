#pragma once

#include "base/bytes.h"

namespace parlance::wire {

namespace detail {
bool is_utf8_beyond_ascii(const std::byte* at, const std::byte* end);
}

/// Whether the bytes are UTF-8 (RFC 3629): no surrogates, nothing above U+10FFFF, each character in its
/// shortest form. proto3 demands it of strings.
inline bool is_utf8(Bytes text) {
  const std::byte* at = text.data();
  const std::byte* const end = at + text.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t eight;
    std::memcpy(&eight, at, sizeof eight);
    if ((eight & 0x8080808080808080U) != 0) return detail::is_utf8_beyond_ascii(at, end);
  }
  std::byte any{};
  for (const std::byte* rest = at; rest != end; ++rest) any |= *rest;
  return (any & std::byte{0x80}) == std::byte{} || detail::is_utf8_beyond_ascii(at, end);
}

}  // namespace parlance::wire
