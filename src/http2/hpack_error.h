#pragma once

#include <cstdint>
#include <string_view>

namespace parlance::http2 {

/// What can be wrong with a header block. Every one of them is a connection error of type COMPRESSION_ERROR
/// (RFC 9113 section 4.3): the tables of the two ends can no longer agree.
enum class HpackError : std::uint8_t {
  kTruncated,
  kIntegerTooLarge,
  kZeroIndex,
  kIndexOutOfRange,
  kHuffmanEos,
  kHuffmanPadding,
  kSizeUpdateTooLate,
  kSizeUpdateTooLarge,
  kSizeUpdateMissing,
};

/// Why, with the section of RFC 7541 that says so; fit for the debug data of GOAWAY. Static storage.
std::string_view to_string(HpackError error);

}  // namespace parlance::http2
