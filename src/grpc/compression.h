#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/buffer.h"
#include "base/status.h"

namespace parlance::grpc {

/// How messages are compressed, as `grpc-encoding` names it.
enum class Encoding : std::uint8_t {
  kIdentity,
  kGzip,     // RFC 1952
  kDeflate,  // the zlib format, RFC 1950, as gRPC means it
  kZstd,     // RFC 8878
};

/// What this side can read, best supported first; written without blanks, as some peers split at the comma
/// alone.
inline constexpr std::string_view kAcceptEncoding = "identity,gzip,deflate,zstd";

std::string_view to_string(Encoding encoding);
/// Nothing for a name that is not known here.
std::optional<Encoding> parse_encoding(std::string_view name);
/// Whether a peer's `grpc-accept-encoding` lists it; identity always is.
bool accepts(std::string_view accept_encoding, Encoding encoding);

/// The same for the whole enum: bit n is set when the encoding of number n is accepted.
std::uint8_t accepted_encodings(std::string_view accept_encoding);

/// The message compressed. Never fails for an encoding of the enum; kIdentity gives a copy.
Buffer compress(Encoding encoding, Bytes message);

/// The same behind its gRPC prefix, with the compressed flag set.
Buffer compress_and_frame(Encoding encoding, Bytes message);

/// The message that `bytes` are the compressed form of. It is never held larger than `max_message_bytes`: a
/// message that would be is RESOURCE_EXHAUSTED (MESSAGE_TOO_LARGE), however small it came. INTERNAL
/// (MESSAGE_NOT_DECOMPRESSIBLE) for bytes that are cut off, damaged, or followed by others.
Result<Buffer> decompress(Encoding encoding, Bytes bytes, std::size_t max_message_bytes);

}  // namespace parlance::grpc
