#include "http2/hpack_reader.h"

#include "http2/huffman.h"

namespace parlance::http2 {

std::expected<std::uint32_t, HpackError> HpackReader::integer(unsigned prefix_bits) {
  constexpr unsigned kLastShift = 28;  // the fifth octet after the first
  if (at_end()) return std::unexpected(HpackError::kTruncated);
  const std::uint32_t largest = (1u << prefix_bits) - 1;
  const std::uint32_t prefix = std::to_integer<std::uint32_t>(*at_++) & largest;
  if (prefix < largest) return prefix;

  std::uint64_t value = prefix;
  for (unsigned shift = 0; shift <= kLastShift; shift += 7) {
    if (at_end()) return std::unexpected(HpackError::kTruncated);
    const auto octet = std::to_integer<std::uint64_t>(*at_++);
    value += (octet & 0x7f) << shift;
    if (octet < 0x80) {
      if (value > UINT32_MAX) break;
      return static_cast<std::uint32_t>(value);
    }
  }
  return std::unexpected(HpackError::kIntegerTooLarge);
}

std::expected<std::string_view, HpackError> HpackReader::string(std::vector<char>& scratch) {
  if (at_end()) return std::unexpected(HpackError::kTruncated);
  const bool is_huffman = (peek() & 0x80) != 0;
  const auto size_bytes = integer(7);
  if (!size_bytes) return std::unexpected(size_bytes.error());
  if (*size_bytes > static_cast<std::size_t>(end_ - at_)) return std::unexpected(HpackError::kTruncated);

  const Bytes octets{at_, *size_bytes};
  at_ += *size_bytes;
  if (!is_huffman) return as_text(octets);
  const std::size_t room_bytes = huffman_max_decoded_bytes(octets.size());
  if (scratch.size() < room_bytes) scratch.resize(room_bytes);
  const auto decoded_bytes = huffman_decode(octets, scratch.data());
  if (!decoded_bytes) return std::unexpected(decoded_bytes.error());
  return std::string_view{scratch.data(), *decoded_bytes};
}

}  // namespace parlance::http2
