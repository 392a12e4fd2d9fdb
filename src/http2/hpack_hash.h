#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>

namespace parlance::http2 {

/// Hashes for the encoder's look-ups, made for strings of a few octets. Not keyed: who picks header fields to
/// collide gets at most one comparison for each entry of a table of a few KiB.
namespace hpack_hash {

inline constexpr std::uint64_t kMultiplier = 0x9e3779b97f4a7c15;  // 2^64 / golden ratio

constexpr std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const std::uint64_t product = (a ^ b) * kMultiplier;
  return product ^ product >> 29;
}

/// Up to 8 octets as a little-endian number.
constexpr std::uint64_t load(const char* at, std::size_t size_bytes) {
  if (!std::is_constant_evaluated() && std::endian::native == std::endian::little) {
    if (size_bytes == 8) {
      std::uint64_t word;
      std::memcpy(&word, at, sizeof word);
      return word;
    }
    if (size_bytes >= 4) {
      std::uint32_t low;
      std::uint32_t high;
      std::memcpy(&low, at, sizeof low);
      std::memcpy(&high, at + size_bytes - 4, sizeof high);
      return low | std::uint64_t{high} << (8 * (size_bytes - 4));
    }
  }
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < size_bytes; ++i)
    word |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return word;
}

}  // namespace hpack_hash

/// Same text and seed, same hash, at compile time and at run time.
constexpr std::uint64_t hash_text(std::string_view text, std::uint64_t seed = 0) {
  std::uint64_t hash = hpack_hash::mix(seed, text.size() + 1);
  while (text.size() > 8) {
    hash = hpack_hash::mix(hash, hpack_hash::load(text.data(), 8));
    text.remove_prefix(8);
  }
  return hpack_hash::mix(hash, hpack_hash::load(text.data(), text.size()));
}

}  // namespace parlance::http2
