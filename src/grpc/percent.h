#pragma once

#include <string>
#include <string_view>

namespace parlance::grpc {

/// Encodes a `grpc-message`: bytes 0x20 to 0x7E except '%' stand as they are, every other byte becomes `%HH`.
std::string percent_encode(std::string_view text);

/// Bytes that percent_encode() makes of `text`.
std::size_t percent_encoded_size(std::string_view text);

/// Writes percent_encode(text) to `out`, which has room for percent_encoded_size(text); returns the end.
char* percent_encode_to(std::string_view text, char* out);

/// Decodes a `grpc-message`. Never fails: a '%' that is not followed by two hex digits stands for itself.
std::string percent_decode(std::string_view text);

}  // namespace parlance::grpc
