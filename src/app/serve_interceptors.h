#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "app/log.h"
#include "app/serve_config.h"
#include "interceptors/access_log.h"
#include "rpc/server_interceptor.h"

namespace parlance::app {

/// What runs around every call of `parlance serve`, outermost first: access log, Bearer tokens, rate limit,
/// concurrency limit, each when `config` asks for it. `log` outlives them. The error says which file cannot
/// be used and why.
std::expected<std::vector<std::shared_ptr<ServerInterceptor>>, std::string> make_interceptors(
    const ServeConfig& config, const Log& log);

/// What asks for the management key of TorchServe's tokens; null without --torchserve-tokens.
struct TorchServeManagementAuth {
  std::shared_ptr<ServerInterceptor> of_its_service;  // where others are served, too
  std::shared_ptr<ServerInterceptor> of_all;          // but health and reflection
};

/// After make_interceptors(), which makes the file where there is none.
std::expected<TorchServeManagementAuth, std::string> make_torchserve_management_auth(
    const ServeConfig& config, const Log& log);

/// A call's line in the log: what is not known is left out.
LogFields access_fields(const interceptors::CallRecord& record);
/// Failures that are the server's are warnings, all else is info.
LogLevel access_level(StatusCode code);

}  // namespace parlance::app
