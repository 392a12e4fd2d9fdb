#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/assert.h"
#include "base/bytes.h"
#include "grpc/message_reader.h"

namespace parlance::grpc {

/// Most bytes of a message that the prefix can announce.
inline constexpr std::size_t kLargestMessageBytes = std::numeric_limits<std::uint32_t>::max();

/// Writes the kPrefixBytes before a message: the compressed flag and the length (big-endian). `size_bytes` is
/// at most kLargestMessageBytes (checked).
inline void write_prefix(std::byte* at, std::size_t size_bytes, bool compressed) {
  require(size_bytes <= kLargestMessageBytes, "write_prefix: a gRPC message is at most 4 GiB - 1");
  at[0] = static_cast<std::byte>(compressed ? 1 : 0);
  store_be32(at + 1, static_cast<std::uint32_t>(size_bytes));
}

}  // namespace parlance::grpc
