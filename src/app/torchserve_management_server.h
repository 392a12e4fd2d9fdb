#pragma once

#include <memory>

#include "app/log.h"
#include "app/serve_config.h"
#include "dialects/torchserve/management_service.h"
#include "rpc/server.h"
#include "services/health_registry.h"

namespace parlance::app {

/// TorchServe's management service on addresses of its own, where its clients expect it, over gRPC and as
/// REST, with health and reflection and nothing else.
class TorchServeManagementServer {
 public:
  /// `config` and `log` outlive the server. Nothing is served when `config` names no address.
  TorchServeManagementServer(const ServeConfig& config,
                             std::shared_ptr<dialects::torchserve::ManagementApisHandler> service,
                             std::shared_ptr<ServerInterceptor> auth,  // null: anyone may call
                             std::shared_ptr<services::HealthRegistry> health, const Log& log);

  Result<void> start();
  void stop();

 private:
  const Log& log_;
  std::unique_ptr<Server> server_;  // null: not asked for
};

}  // namespace parlance::app
