#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

namespace parlance::grpc {

/// The flag and the length before each message.
inline constexpr std::size_t kPrefixBytes = 5;
/// Most bytes of a received message unless an option says otherwise; gRPC's usual 4 MiB.
inline constexpr std::size_t kDefaultMaxReceiveMessageBytes = 4 * 1024 * 1024;
inline constexpr std::size_t kUnlimitedMessageBytes = std::numeric_limits<std::size_t>::max();

/// A message as it stood on the wire, without its prefix.
struct ReceivedMessage {
  Buffer payload;
  bool compressed = false;
};

/// Puts messages together from the payload of DATA frames, which may cut them anywhere:
///
///   if (Status error = reader.feed(data); !error.ok()) …   // ends the call
///   while (std::optional<ReceivedMessage> message = reader.next()) …
///
/// A length beyond the limit is refused before memory is taken for it. Memory for a message is taken once, at
/// its announced size; of more than kAllocateAtOnceBytes it grows with the bytes that have come, so a length
/// alone costs nothing. A message that lies whole in one feed is copied once.
class MessageReader {
 public:
  /// A peer that announces more must send it before it is allocated. A tensor of 4 MiB fits with what stands
  /// around it in its message.
  static constexpr std::size_t kAllocateAtOnceBytes = 4 * 1024 * 1024 + 64 * 1024;

  /// `encoding_announced`: the headers had a `grpc-encoding` other than identity, so messages may be
  /// compressed.
  explicit MessageReader(std::size_t max_message_bytes = kDefaultMaxReceiveMessageBytes,
                         bool encoding_announced = false)
      : max_message_bytes_(max_message_bytes), encoding_announced_(encoding_announced) {}

  void set_encoding_announced(bool announced) { encoding_announced_ = announced; }
  void set_max_message_bytes(std::size_t max_message_bytes) { max_message_bytes_ = max_message_bytes; }

  /// Takes all of `bytes`. RESOURCE_EXHAUSTED for a message over the limit, INTERNAL for a prefix that
  /// gRPC does not know; both are final: later bytes are dropped and get the same answer. Messages that were
  /// whole before stay available.
  Status feed(Bytes bytes);
  /// The next whole message, in order.
  std::optional<ReceivedMessage> next();
  bool has_message() const { return count_ > 0; }
  /// Whole messages that next() has not given out.
  std::size_t messages() const { return count_; }
  /// The stream has ended: INTERNAL when a message was cut off, or the error that feed() met.
  Status finish() const;

  /// Bytes held, prefixes included: whole messages that next() has not given out and the one under way. What
  /// the stream's receive window has to be charged with.
  std::size_t bytes_buffered() const { return bytes_buffered_; }
  /// Memory taken for the message under way.
  std::size_t memory_bytes() const { return payload_.size(); }
  /// Bytes still to come for the message under way; 0 between messages, and the rest of the prefix within
  /// one. A reader that waits for a message larger than its window must give the window this much.
  std::size_t bytes_missing() const;

 private:
  Bytes take_prefix(Bytes bytes);
  Status check_prefix() const;
  Bytes begin_payload(Bytes bytes);
  Bytes take_payload(Bytes bytes);
  bool grow_payload(std::size_t capacity_bytes);
  void finish_message();

  std::size_t max_message_bytes_;
  bool encoding_announced_;
  bool compressed_ = false;
  bool in_payload_ = false;
  std::uint8_t prefix_filled_ = 0;
  std::byte prefix_[kPrefixBytes];
  std::uint32_t announced_bytes_ = 0;
  std::size_t payload_filled_ = 0;
  Buffer payload_;  // the message under way, of at least payload_filled_
  std::size_t bytes_buffered_ = 0;
  Status error_;

  // Whole messages: `only_` is the oldest, later ones stand in `more_` from `more_taken_` on. A unary call
  // has one, which needs no vector.
  ReceivedMessage only_;
  std::vector<ReceivedMessage> more_;
  std::size_t more_taken_ = 0;
  std::size_t count_ = 0;
};

}  // namespace parlance::grpc
