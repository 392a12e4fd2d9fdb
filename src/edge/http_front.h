#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "edge/http_connection.h"
#include "edge/http_limits.h"
#include "rpc/connection_front.h"

namespace parlance::edge {

struct HttpFrontOptions {
  HttpHandler handler;
  HttpLimits limits = {};
  /// What happened that no client is told: a handler that threw. On any thread.
  std::function<void(std::string_view text)> log = [](std::string_view) {};
};

/// Answers HTTP/1.1 on the addresses of a gRPC server: a connection's first bytes tell which it speaks, and
/// HTTP/2 goes on to gRPC.
///
///   Server server{{.listen = {"127.0.0.1:8051"}, .front = edge::make_http_front({.handler = routes})}};
std::shared_ptr<ConnectionFront> make_http_front(HttpFrontOptions options);

}  // namespace parlance::edge
