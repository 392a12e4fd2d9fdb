#include "grpc/compression.h"

#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <memory>

#include "base/assert.h"
#include "base/trimmed.h"
#include "grpc/error_details.h"
#include "grpc/message_writer.h"

namespace parlance::grpc {
namespace {

constexpr std::array<std::string_view, 4> kNames{"identity", "gzip", "deflate", "zstd"};

// zlib's windowBits: 15 for 32 KiB, and 16 more for gzip's header and trailer.
constexpr int kZlibWindow = 15;
constexpr int kGzipWindow = 15 + 16;
constexpr int kZlibMemory = 8;  // zlib's default
// The first room for a decompressed message, as a multiple of what came; it doubles as needed.
constexpr std::size_t kFirstGuessFactor = 4;
constexpr std::size_t kLeastRoomBytes = 1024;

Status damaged(Encoding encoding, std::string_view why) {
  return make_error(StatusCode::kInternal, "MESSAGE_NOT_DECOMPRESSIBLE",
                    "the message is not valid " + std::string{to_string(encoding)} + ": " + std::string{why},
                    {{"observed", std::string{to_string(encoding)}}});
}

Status too_large(std::size_t max_message_bytes) {
  const std::string limit = std::to_string(max_message_bytes);
  return make_error(
      StatusCode::kResourceExhausted, "DECOMPRESSED_TOO_LARGE",
      "decompressed, the message is larger than the limit of " + limit + " bytes (max_receive_message_bytes)",
      {{"limit", limit}, {"knob", "max_receive_message_bytes"}});
}

/// Memory that doubles while a message is decompressed into it, up to one byte more than the limit.
class GrowingOutput {
 public:
  GrowingOutput(std::size_t compressed_bytes, std::size_t max_bytes)
      : max_bytes_(max_bytes), buffer_(Buffer::allocate(first_bytes(compressed_bytes))) {}

  /// Where to go on; empty only when the message has passed the limit.
  MutableBytes room() {
    if (size_ == buffer_.size() && size_ <= max_bytes_) grow();
    return buffer_.writable().subspan(size_);
  }
  void filled(std::size_t size_bytes) { size_ += size_bytes; }
  bool over_limit() const { return size_ > max_bytes_; }
  Buffer take() { return buffer_.slice(0, size_); }

 private:
  std::size_t most_bytes() const { return max_bytes_ == SIZE_MAX ? SIZE_MAX : max_bytes_ + 1; }
  std::size_t first_bytes(std::size_t compressed_bytes) const {
    return std::min(std::max(compressed_bytes * kFirstGuessFactor, kLeastRoomBytes), most_bytes());
  }
  void grow() {
    Buffer larger = Buffer::allocate(std::min(buffer_.size() * 2, most_bytes()));
    std::ranges::copy(buffer_.bytes(), larger.writable().begin());
    buffer_ = std::move(larger);
  }

  std::size_t max_bytes_;
  std::size_t size_ = 0;
  Buffer buffer_;
};

Buffer deflate_message(Bytes message, int window) {
  z_stream stream{};
  require(deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, kZlibMemory, Z_DEFAULT_STRATEGY) ==
              Z_OK,
          "deflateInit2");
  Buffer out = Buffer::allocate(deflateBound(&stream, message.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(message.data()));
  stream.avail_in = static_cast<uInt>(message.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.writable().data());
  stream.avail_out = static_cast<uInt>(out.size());
  require(deflate(&stream, Z_FINISH) == Z_STREAM_END, "deflate into deflateBound() bytes");
  const std::size_t size_bytes = stream.total_out;
  deflateEnd(&stream);
  return out.slice(0, size_bytes);
}

Result<Buffer> inflate_message(Encoding encoding, Bytes bytes, int window, std::size_t max_message_bytes) {
  z_stream stream{};
  require(inflateInit2(&stream, window) == Z_OK, "inflateInit2");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> closer{&stream, &inflateEnd};
  GrowingOutput out{bytes.size(), max_message_bytes};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  int result = Z_OK;
  while (result == Z_OK) {
    const MutableBytes room = out.room();
    if (room.empty()) return std::unexpected(too_large(max_message_bytes));
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), UINT32_MAX));
    const uInt offered = stream.avail_out;
    result = inflate(&stream, Z_NO_FLUSH);
    out.filled(offered - stream.avail_out);
  }
  if (result == Z_BUF_ERROR) return std::unexpected(damaged(encoding, "it is cut off"));
  if (result != Z_STREAM_END)
    return std::unexpected(damaged(encoding, stream.msg ? stream.msg : "it is damaged"));
  if (stream.avail_in > 0) return std::unexpected(damaged(encoding, "bytes follow its end"));
  if (out.over_limit()) return std::unexpected(too_large(max_message_bytes));
  return out.take();
}

Buffer zstd_compress(Bytes message) {
  Buffer out = Buffer::allocate(ZSTD_compressBound(message.size()));
  const MutableBytes room = out.writable();
  const std::size_t size_bytes =
      ZSTD_compress(room.data(), room.size(), message.data(), message.size(), ZSTD_CLEVEL_DEFAULT);
  require(!ZSTD_isError(size_bytes), "ZSTD_compress into ZSTD_compressBound() bytes");
  return out.slice(0, size_bytes);
}

Result<Buffer> zstd_decompress(Bytes bytes, std::size_t max_message_bytes) {
  struct Free {
    void operator()(ZSTD_DStream* stream) const { ZSTD_freeDStream(stream); }
  };
  const std::unique_ptr<ZSTD_DStream, Free> stream{ZSTD_createDStream()};
  GrowingOutput out{bytes.size(), max_message_bytes};
  ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
  std::size_t left = 1;
  while (left != 0) {
    const MutableBytes room = out.room();
    if (room.empty()) return std::unexpected(too_large(max_message_bytes));
    ZSTD_outBuffer piece{room.data(), room.size(), 0};
    const std::size_t taken_before = in.pos;
    left = ZSTD_decompressStream(stream.get(), &piece, &in);
    if (ZSTD_isError(left)) return std::unexpected(damaged(Encoding::kZstd, ZSTD_getErrorName(left)));
    out.filled(piece.pos);
    if (piece.pos == 0 && in.pos == taken_before)
      return std::unexpected(damaged(Encoding::kZstd, "it is cut off"));
  }
  if (in.pos < in.size) return std::unexpected(damaged(Encoding::kZstd, "bytes follow its end"));
  if (out.over_limit()) return std::unexpected(too_large(max_message_bytes));
  return out.take();
}

}  // namespace

std::string_view to_string(Encoding encoding) { return kNames[static_cast<std::size_t>(encoding)]; }

std::optional<Encoding> parse_encoding(std::string_view name) {
  const auto found = std::ranges::find(kNames, name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<Encoding>(found - kNames.begin());
}

bool accepts(std::string_view accept_encoding, Encoding encoding) {
  if (encoding == Encoding::kIdentity) return true;
  while (!accept_encoding.empty()) {
    const std::size_t comma = accept_encoding.find(',');
    if (trimmed(accept_encoding.substr(0, comma), " ") == to_string(encoding)) return true;
    if (comma == std::string_view::npos) return false;
    accept_encoding.remove_prefix(comma + 1);
  }
  return false;
}

std::uint8_t accepted_encodings(std::string_view accept_encoding) {
  unsigned bits = 0;
  for (unsigned number = 0; number < kNames.size(); ++number) {
    if (accepts(accept_encoding, static_cast<Encoding>(number))) bits |= 1U << number;
  }
  return static_cast<std::uint8_t>(bits);
}

Buffer compress(Encoding encoding, Bytes message) {
  switch (encoding) {
    case Encoding::kGzip:
      return deflate_message(message, kGzipWindow);
    case Encoding::kDeflate:
      return deflate_message(message, kZlibWindow);
    case Encoding::kZstd:
      return zstd_compress(message);
    case Encoding::kIdentity:
      break;
  }
  return Buffer::copy_of(message);
}

Buffer compress_and_frame(Encoding encoding, Bytes message) {
  const Buffer compressed = compress(encoding, message);
  Buffer framed = Buffer::allocate(kPrefixBytes + compressed.size());
  const MutableBytes out = framed.writable();
  write_prefix(out.data(), compressed.size(), true);
  std::ranges::copy(compressed.bytes(), out.begin() + kPrefixBytes);
  return framed;
}

Result<Buffer> decompress(Encoding encoding, Bytes bytes, std::size_t max_message_bytes) {
  switch (encoding) {
    case Encoding::kGzip:
      return inflate_message(encoding, bytes, kGzipWindow, max_message_bytes);
    case Encoding::kDeflate:
      return inflate_message(encoding, bytes, kZlibWindow, max_message_bytes);
    case Encoding::kZstd:
      return zstd_decompress(bytes, max_message_bytes);
    case Encoding::kIdentity:
      break;
  }
  if (bytes.size() > max_message_bytes) return std::unexpected(too_large(max_message_bytes));
  return Buffer::copy_of(bytes);
}

}  // namespace parlance::grpc
