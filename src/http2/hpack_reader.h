#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "http2/hpack_error.h"

namespace parlance::http2 {

/// Walks over a header block and reads the primitive types of RFC 7541 section 5.
class HpackReader {
 public:
  explicit HpackReader(Bytes block) : at_(block.data()), end_(block.data() + block.size()) {}

  bool at_end() const { return at_ == end_; }
  /// The octet that a representation begins with (not consumed); at_end() must be false.
  std::uint8_t peek() const { return std::to_integer<std::uint8_t>(*at_); }

  /// An integer whose first octet has `prefix_bits` (1 to 8) of it (section 5.1). Our limits: 2^32−1, and
  /// five octets after the first.
  std::expected<std::uint32_t, HpackError> integer(unsigned prefix_bits);

  /// A string literal (section 5.2). The result is a view of the block, or of `scratch` when the string was
  /// Huffman-coded; `scratch` grows as needed.
  std::expected<std::string_view, HpackError> string(std::vector<char>& scratch);

 private:
  const std::byte* at_;
  const std::byte* end_;
};

}  // namespace parlance::http2
