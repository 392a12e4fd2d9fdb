#pragma once

#include <memory>

#include "edge/http_limits.h"
#include "edge/http_routes.h"
#include "rpc/connection_front.h"

namespace parlance::edge {

struct HttpFrontOptions {
  HttpRoutes routes;
  HttpLimits limits = {};
};

/// Answers HTTP/1.1 on the addresses of a gRPC server (a connection's first bytes tell which it speaks), and
/// the requests of HTTP/2 there that are not gRPC. They are calls of that server: its interceptors run around
/// them, its deadlines and its grace bound them, its log hears what their handlers throw.
///
///   Server server{{.listen = {"127.0.0.1:8051"}, .front = edge::make_http_front({.routes = routes})}};
std::shared_ptr<ConnectionFront> make_http_front(HttpFrontOptions options);

}  // namespace parlance::edge
