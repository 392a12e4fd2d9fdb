#pragma once

#include <algorithm>
#include <optional>
#include <utility>

#include "base/buffer.h"
#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/message_reader.h"
#include "rpc/client_errors.h"

namespace parlance::detail {

/// A response on its way to the caller: puts its messages together, decompresses them, and keeps the books of
/// flow control: what of the stream's window is to be given back.
class ResponseMessages {
 public:
  explicit ResponseMessages(std::size_t max_message_bytes)
      : max_message_bytes_(max_message_bytes), reader_(max_message_bytes) {}

  /// The smaller of this and the limit so far counts.
  void limit_message_bytes(std::size_t max_message_bytes) {
    max_message_bytes_ = std::min(max_message_bytes_, max_message_bytes);
    reader_.set_max_message_bytes(max_message_bytes_);
  }
  void set_encoding(grpc::Encoding encoding) {
    encoding_ = encoding;
    reader_.set_encoding_announced(encoding != grpc::Encoding::kIdentity);
  }

  Status feed(Bytes data) {
    charged_bytes_ += data.size();
    Status error = reader_.feed(data);
    return error.ok() ? error : at_client(error);
  }
  bool has_message() const { return reader_.has_message(); }
  /// Whole messages that next() has not given.
  std::size_t messages() const { return reader_.messages(); }
  /// The next whole message, decompressed, or why that cannot be.
  std::optional<Result<Buffer>> next() {
    std::optional<grpc::ReceivedMessage> message = reader_.next();
    if (!message) return std::nullopt;
    was_compressed_ = message->compressed;
    if (!message->compressed) return std::move(message->payload);
    Result<Buffer> payload = grpc::decompress(encoding_, message->payload.bytes(), max_message_bytes_);
    if (!payload) payload = std::unexpected(at_client(payload.error()));
    return payload;
  }
  /// Whether the message that next() gave last came compressed.
  bool was_compressed() const { return was_compressed_; }
  void drop_all() {
    while (reader_.next()) {
    }
  }
  /// INTERNAL when the stream ended within a message.
  Status finish() const { return at_client(reader_.finish()); }

  /// Bytes of window to be given back now, which are then no longer owed. Bytes of whole messages stay owed
  /// until they are read; those of the message under way are given back at once, or it could never be
  /// completed.
  std::size_t take_credit() {
    const std::size_t held = reader_.has_message() ? reader_.bytes_buffered() : 0;
    if (charged_bytes_ <= held) return 0;
    return std::exchange(charged_bytes_, held) - held;
  }

 private:
  std::size_t max_message_bytes_;
  grpc::MessageReader reader_;
  grpc::Encoding encoding_ = grpc::Encoding::kIdentity;
  std::size_t charged_bytes_ = 0;
  bool was_compressed_ = false;
};

}  // namespace parlance::detail
