#pragma once

#include "base/bytes.h"

namespace parlance::wire {

namespace detail {
bool is_utf8_beyond_ascii(const std::byte* at, const std::byte* end);

/// Whether one of the sizeof(Word) bytes at `at` is.
template <typename Word>
bool is_beyond_ascii(const std::byte* at) {
  Word word;
  std::memcpy(&word, at, sizeof word);
  return (word & static_cast<Word>(0x8080808080808080U)) != 0;
}
}  // namespace detail

/// Whether the bytes are UTF-8 (RFC 3629): no surrogates, nothing above U+10FFFF, each character in its
/// shortest form. proto3 demands it of strings.
inline bool is_utf8(Bytes text) {
  const std::byte* const begin = text.data();
  const std::byte* const end = begin + text.size();
  if (text.size() >= 8) {
    for (const std::byte* at = begin; end - at > 8; at += 8) {
      if (detail::is_beyond_ascii<std::uint64_t>(at)) return detail::is_utf8_beyond_ascii(at, end);
    }
    // The last eight, some of them again: where a character began before them, all is looked at once more.
    return !detail::is_beyond_ascii<std::uint64_t>(end - 8) || detail::is_utf8_beyond_ascii(begin, end);
  }
  bool beyond = false;
  if (text.size() >= 4) {
    beyond = detail::is_beyond_ascii<std::uint32_t>(begin) || detail::is_beyond_ascii<std::uint32_t>(end - 4);
  } else {
    for (const std::byte* at = begin; at != end; ++at)
      beyond = beyond || detail::is_beyond_ascii<std::uint8_t>(at);
  }
  return !beyond || detail::is_utf8_beyond_ascii(begin, end);
}

}  // namespace parlance::wire
