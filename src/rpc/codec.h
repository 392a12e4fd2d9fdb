#pragma once

#include <google/protobuf/message_lite.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"

namespace parlance {

/// How a message type becomes bytes: protobuf messages by libprotobuf; generated Fields by themselves
/// (rpc/written.h); `Buffer` stands for itself, for callers that carry messages they do not know (proxies,
/// `parlance call`).
template <typename T>
struct Codec;

namespace detail {
bool parse_message(google::protobuf::MessageLite& message, Bytes bytes);
Buffer frame_message(const google::protobuf::MessageLite& message);
/// `why` is empty, or says what is wrong where: "field 1 (name) of x.Request at byte 0 is not UTF-8".
Status unparsable(std::string_view hop, std::string_view type_name, std::size_t size_bytes,
                  std::string_view why = {});
}  // namespace detail

template <std::derived_from<google::protobuf::MessageLite> T>
struct Codec<T> {
  static bool parse(T& message, const Buffer& bytes) { return detail::parse_message(message, bytes.bytes()); }
  /// The message behind its gRPC prefix, in one buffer.
  static Buffer frame(const T& message) { return detail::frame_message(message); }
  static std::string type_name(const T& message) { return message.GetTypeName(); }
};

template <>
struct Codec<Buffer> {
  static bool parse(Buffer& message, const Buffer& bytes) { return message = bytes, true; }
  static Buffer frame(const Buffer& message);
  static std::string type_name(const Buffer&) { return "bytes"; }
};

}  // namespace parlance
