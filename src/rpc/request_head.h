#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/slab_allocator.h"
#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"
#include "http2/header_field.h"
#include "rpc/plain_http.h"

namespace parlance {

class MethodBinding;

namespace detail {

class ServerConnection;

/// What the header section of a gRPC request says.
struct RequestHead {
  /// Null when the method is not served.
  const MethodBinding* method = nullptr;
  /// Set when it is no gRPC at all; nothing else is then.
  PlainHttp plain_http;
  /// Only when the method is not served.
  std::string path;
  SlabString authority;
  /// From receipt.
  std::optional<Duration> timeout;
  grpc::Encoding encoding = grpc::Encoding::kIdentity;
  /// A bit for each grpc::Encoding.
  std::uint8_t accepted_encodings = 0;
  grpc::Metadata metadata;
  /// ServerCall::wants_hops.
  bool wants_hops = false;
  /// What is wrong with it, the first of several; the rest was read all the same.
  Status error;
  /// `error` is that of an encoding: the answer lists those that are known.
  bool encoding_unsupported = false;
};

/// Many calls share the head of one, as callers send the same again and again.
using SharedRequestHead = std::shared_ptr<const RequestHead>;

SharedRequestHead read_request_head(http2::HeaderFields fields, ServerConnection& connection);

}  // namespace detail
}  // namespace parlance
