#include "grpc/message_reader.h"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

#include "base/concat.h"
#include "grpc/error_details.h"

namespace parlance::grpc {
namespace {

constexpr std::string_view kKnob = "max_receive_message_bytes";

Status too_large(std::size_t size_bytes, std::size_t limit_bytes) {
  return make_error(StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
                    concat("message of ", size_bytes, " bytes is larger than the limit of ", limit_bytes,
                           " bytes (", kKnob, ")"),
                    {{"limit", std::to_string(limit_bytes)},
                     {"observed", std::to_string(size_bytes)},
                     {"knob", std::string{kKnob}}});
}

Status no_memory(std::size_t size_bytes) {
  return make_error(StatusCode::kResourceExhausted, "OUT_OF_MEMORY",
                    concat("no memory for a message of ", size_bytes, " bytes"),
                    {{"observed", std::to_string(size_bytes)}});
}

Status bad_flag(unsigned flag) {
  return make_error(StatusCode::kInternal, "INVALID_MESSAGE_PREFIX",
                    concat("message begins with compressed flag ", flag, "; only 0 and 1 exist"),
                    {{"observed", std::to_string(flag)}});
}

Status compressed_without_encoding() {
  return make_error(StatusCode::kInternal, "COMPRESSED_WITHOUT_ENCODING",
                    "message is marked as compressed, but the headers named no grpc-encoding");
}

}  // namespace

Status MessageReader::feed(Bytes bytes) {
  while (error_.ok() && !bytes.empty()) {
    bytes = in_payload_ ? take_payload(bytes) : take_prefix(bytes);
  }
  return error_;
}

Bytes MessageReader::take_prefix(Bytes bytes) {
  const std::size_t taken = std::min(kPrefixBytes - prefix_filled_, bytes.size());
  std::memcpy(prefix_ + prefix_filled_, bytes.data(), taken);
  prefix_filled_ += static_cast<std::uint8_t>(taken);
  bytes_buffered_ += taken;
  bytes = bytes.subspan(taken);
  if (prefix_filled_ < kPrefixBytes) return bytes;

  prefix_filled_ = 0;
  error_ = check_prefix();
  if (!error_.ok()) return {};
  announced_bytes_ = load_be32(prefix_ + 1);
  compressed_ = prefix_[0] == std::byte{1};
  return begin_payload(bytes);
}

Status MessageReader::check_prefix() const {
  const auto flag = std::to_integer<unsigned>(prefix_[0]);
  if (flag > 1) return bad_flag(flag);
  if (flag == 1 && !encoding_announced_) return compressed_without_encoding();
  const std::size_t size_bytes = load_be32(prefix_ + 1);
  if (size_bytes > max_message_bytes_) return too_large(size_bytes, max_message_bytes_);
  return {};
}

Bytes MessageReader::begin_payload(Bytes bytes) {
  if (bytes.size() < announced_bytes_) {
    in_payload_ = true;
    return bytes;
  }
  if (!grow_payload(announced_bytes_)) return {};
  if (announced_bytes_ > 0) std::memcpy(payload_.writable().data(), bytes.data(), announced_bytes_);
  bytes_buffered_ += announced_bytes_;
  finish_message();
  return bytes.subspan(announced_bytes_);
}

Bytes MessageReader::take_payload(Bytes bytes) {
  const Bytes part = bytes.first(std::min(announced_bytes_ - payload_filled_, bytes.size()));
  const std::size_t filled = payload_filled_ + part.size();
  if (filled > payload_.size()) {
    const std::size_t wanted = std::max({filled, payload_.size() * 2, kAllocateAtOnceBytes});
    if (!grow_payload(std::min<std::size_t>(wanted, announced_bytes_))) return {};
  }
  std::memcpy(payload_.writable().data() + payload_filled_, part.data(), part.size());
  payload_filled_ = filled;
  bytes_buffered_ += part.size();
  if (payload_filled_ == announced_bytes_) finish_message();
  return bytes.subspan(part.size());
}

bool MessageReader::grow_payload(std::size_t capacity_bytes) {
  try {
    Buffer larger = Buffer::allocate(capacity_bytes);
    if (payload_filled_ > 0) std::memcpy(larger.writable().data(), payload_.data(), payload_filled_);
    payload_ = std::move(larger);
    return true;
  } catch (const std::bad_alloc&) {
    error_ = no_memory(announced_bytes_);
    return false;
  }
}

void MessageReader::finish_message() {
  ReceivedMessage message{.payload = std::exchange(payload_, {}), .compressed = compressed_};
  if (count_++ == 0) {
    only_ = std::move(message);
  } else {
    more_.push_back(std::move(message));
  }
  in_payload_ = false;
  payload_filled_ = 0;
}

std::optional<ReceivedMessage> MessageReader::next() {
  if (count_ == 0) return std::nullopt;
  ReceivedMessage message = std::move(only_);
  if (--count_ > 0) only_ = std::move(more_[more_taken_++]);
  // Half of the vector is used up: moving the rest forward costs less than was taken.
  if (more_taken_ * 2 >= more_.size()) {
    more_.erase(more_.begin(), more_.begin() + static_cast<std::ptrdiff_t>(more_taken_));
    more_taken_ = 0;
  }
  bytes_buffered_ -= kPrefixBytes + message.payload.size();
  return message;
}

Status MessageReader::finish() const {
  if (!error_.ok()) return error_;
  if (!in_payload_ && prefix_filled_ == 0) return {};
  const std::string got = in_payload_
                              ? concat(payload_filled_, " of ", announced_bytes_, " bytes")
                              : concat(unsigned{prefix_filled_}, " of ", kPrefixBytes, " prefix bytes");
  return make_error(StatusCode::kInternal, "MESSAGE_CUT_OFF",
                    concat("the stream ended within a message, after ", got), {{"observed", got}});
}

std::size_t MessageReader::bytes_missing() const {
  if (in_payload_) return announced_bytes_ - payload_filled_;
  return prefix_filled_ == 0 ? 0 : kPrefixBytes - prefix_filled_;
}

}  // namespace parlance::grpc
