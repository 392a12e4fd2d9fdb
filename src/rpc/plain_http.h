#pragma once

#include "http2/connection.h"
#include "http2/header_field.h"

namespace parlance::detail {

/// What a request that is not gRPC gets from a gRPC server: a line of text that says where it has come to.
class PlainHttp {
 public:
  PlainHttp() = default;
  /// Of a request's header section; nothing when that is a gRPC request.
  static PlainHttp of(http2::HeaderFields fields);

  /// Whether there is such an answer.
  explicit operator bool() const { return status_ != 0; }
  /// Ends the stream with it; once, when the request is complete.
  void answer(http2::Connection& connection, http2::StreamId stream) const;

 private:
  int status_ = 0;
  bool head_ = false;  // HEAD: no body
};

}  // namespace parlance::detail
