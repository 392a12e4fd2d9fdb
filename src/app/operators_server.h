#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "app/log.h"
#include "edge/http_routes.h"
#include "rpc/server.h"

namespace parlance::app {

struct OperatorsServerOptions {
  std::vector<std::string> listen;
  std::shared_ptr<ServerInterceptor> interceptor;  // null: none
  edge::HttpRoutes routes;                         // beside gRPC
};

/// A server of one thread for those who run this one. Their calls are short, and get a second when it ends.
/// `log` outlives it.
std::unique_ptr<Server> make_operators_server(OperatorsServerOptions options, const Log& log);

/// Says where it listens, and warns of addresses that other machines reach. `what` is the line's text.
void log_operators_addresses(const Server& server, std::string_view what, const Log& log);

}  // namespace parlance::app
