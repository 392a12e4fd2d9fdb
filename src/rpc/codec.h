#pragma once

#include <google/protobuf/message_lite.h>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"
#include "grpc/message_writer.h"

namespace parlance {

/// How a message type becomes bytes: protobuf messages by libprotobuf; generated Fields by themselves
/// (rpc/written.h); `Buffer` stands for itself, for callers that carry messages they do not know (proxies,
/// `parlance call`).
template <typename T>
struct Codec;

namespace detail {
bool parse_message(google::protobuf::MessageLite& message, Bytes bytes);
std::size_t message_size(const google::protobuf::MessageLite& message);
void write_message(const google::protobuf::MessageLite& message, std::byte* at);
/// `why` is empty, or says what is wrong where: "field 1 (name) of x.Request at byte 0 is not UTF-8".
Status unparsable(std::string_view hop, std::string_view type_name, std::size_t size_bytes,
                  std::string_view why = {});
}  // namespace detail

template <std::derived_from<google::protobuf::MessageLite> T>
struct Codec<T> {
  static bool parse(T& message, const Buffer& bytes) { return detail::parse_message(message, bytes.bytes()); }
  static std::size_t size_bytes(const T& message) { return detail::message_size(message); }
  /// `at` has room for `size_bytes`, as size_bytes() has just told them.
  static void write(const T& message, std::byte* at, std::size_t /*size_bytes*/) {
    detail::write_message(message, at);
  }
  static std::string type_name(const T& message) { return message.GetTypeName(); }
};

template <>
struct Codec<Buffer> {
  static bool parse(Buffer& message, const Buffer& bytes) { return message = bytes, true; }
  static std::size_t size_bytes(const Buffer& message) { return message.size(); }
  static void write(const Buffer& message, std::byte* at, std::size_t size_bytes) {
    if (size_bytes > 0) std::memcpy(at, message.data(), size_bytes);
  }
  static std::string type_name(const Buffer&) { return "bytes"; }
};

namespace detail {

/// `size_bytes` as Codec has just told it; `at` has room for the gRPC prefix before it.
template <typename T>
void write_framed(const T& message, std::size_t size_bytes, std::byte* at) {
  grpc::write_prefix(at, size_bytes, false);
  Codec<T>::write(message, at + grpc::kPrefixBytes, size_bytes);
}

/// The message behind its gRPC prefix, in one buffer. Codecs of messages that are bytes already give it
/// themselves.
template <typename T>
Buffer frame_message(const T& message) {
  if constexpr (requires { Codec<T>::frame(message); }) {
    return Codec<T>::frame(message);
  } else {
    const std::size_t size_bytes = Codec<T>::size_bytes(message);
    Buffer framed = Buffer::allocate(grpc::kPrefixBytes + size_bytes);
    write_framed(message, size_bytes, framed.writable().data());
    return framed;
  }
}

}  // namespace detail
}  // namespace parlance
