#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::grpc {

/// Characters that base64_encode() makes of `size_bytes` bytes.
constexpr std::size_t base64_encoded_size(std::size_t size_bytes) {
  return size_bytes / 3 * 4 + (size_bytes % 3 == 0 ? 0 : size_bytes % 3 + 1);
}

/// Standard alphabet (RFC 4648 section 4), unpadded, as `-bin` metadata are sent.
std::string base64_encode(std::string_view bytes);

/// Writes base64_encode(bytes) to `out`, which has room for base64_encoded_size(); returns the end.
char* base64_encode_to(std::string_view bytes, char* out);

/// Accepts padded and unpadded text. Nothing for a character outside the alphabet, for padding of the wrong
/// length and for a length that no bytes encode to. Bits left over at the end are ignored, as other gRPC
/// implementations do.
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace parlance::grpc
