#pragma once

#include <cstddef>
#include <string>

#include "base/buffer.h"
#include "rpc/codec.h"

namespace parlance::load {

/// A request that was put behind its gRPC prefix once, for all the calls that send it.
struct FramedRequest {
  explicit FramedRequest(const Buffer& message)
      : framed(detail::frame_message(message)), size_bytes(message.size()) {}
  Buffer framed;
  std::size_t size_bytes;  // without the prefix
};

/// A response of which nobody looks at more than the size.
struct ReceivedSize {
  std::size_t bytes = 0;
};

}  // namespace parlance::load

namespace parlance {

template <>
struct Codec<load::FramedRequest> {
  static Buffer frame(const load::FramedRequest& request) { return request.framed; }
};

template <>
struct Codec<load::ReceivedSize> {
  static bool parse(load::ReceivedSize& message, const Buffer& bytes) {
    return message.bytes = bytes.size(), true;
  }
  static std::string type_name(const load::ReceivedSize&) { return "bytes"; }
};

}  // namespace parlance
