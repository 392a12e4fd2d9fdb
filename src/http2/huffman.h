#pragma once

#include <cstddef>
#include <expected>
#include <string_view>

#include "base/bytes.h"
#include "http2/hpack_error.h"

namespace parlance::http2 {

/// Octets that `text` takes when Huffman-coded (RFC 7541 section 5.2), padding included.
std::size_t huffman_size(std::string_view text);

/// Writes the huffman_size(text) octets to `at` and returns the end of them.
std::byte* huffman_encode(std::string_view text, std::byte* at);

/// No more octets than this come out of `coded_bytes` coded ones: the shortest code has 5 bits.
constexpr std::size_t huffman_max_decoded_bytes(std::size_t coded_bytes) { return coded_bytes * 8 / 5; }

/// Decodes to `out`, which has room for huffman_max_decoded_bytes(coded.size()), and returns how many octets
/// came out.
std::expected<std::size_t, HpackError> huffman_decode(Bytes coded, char* out);

}  // namespace parlance::http2
