#pragma once

#include <chrono>
#include <cstddef>

#include "base/deadline.h"

namespace parlance::edge {

/// What HTTP beside gRPC may cost. Requests over a limit are answered (431, 413, 408, 503); connections of
/// HTTP/1.1 are then closed.
struct HttpLimits {
  /// Of all loops together; those that have not yet sent enough to be known for HTTP/2 count too.
  std::size_t max_connections = 1024;
  /// Requests of HTTP/2 under way, of all loops together. One connection of HTTP/1.1 has one at a time.
  std::size_t max_http2_requests = 1024;
  /// Of HTTP/1.1; Limits::max_header_list_bytes has that of HTTP/2.
  std::size_t max_header_bytes = std::size_t{16} * 1024;
  std::size_t max_body_bytes = std::size_t{1024} * 1024;
  /// Without a request, before the first and between two.
  Duration max_idle = std::chrono::seconds{60};
  /// From the first byte of a request to its last.
  Duration request_timeout = std::chrono::seconds{10};
  /// For the client to take anything of an answer.
  Duration write_timeout = std::chrono::seconds{30};
};

}  // namespace parlance::edge
