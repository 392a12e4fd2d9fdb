#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "grpc/compression.h"
#include "grpc/metadata.h"
#include "http2/header_field.h"

namespace parlance {

class MethodBinding;

namespace detail {

class ServerConnection;

/// What the header section of a gRPC request says.
struct RequestHead {
  /// Null when the method is not served.
  const MethodBinding* method = nullptr;
  /// Of the fields that it was read from.
  std::string_view path;
  std::string authority;
  Deadline deadline;
  grpc::Encoding encoding = grpc::Encoding::kIdentity;
  /// A bit for each grpc::Encoding.
  std::uint8_t accepted_encodings = 0;
  grpc::Metadata metadata;
  /// What is wrong with it, the first of several; the rest was read all the same.
  Status error;
  /// `error` is that of an encoding: the answer lists those that are known.
  bool encoding_unsupported = false;
};

/// `now` is when the section arrived: what its timeout counts from.
RequestHead read_request_head(http2::HeaderFields fields, ServerConnection& connection, TimePoint now);

}  // namespace detail
}  // namespace parlance
