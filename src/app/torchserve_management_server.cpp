#include "app/torchserve_management_server.h"

#include "app/operators_server.h"
#include "dialects/torchserve/rest.h"
#include "services/health_service.h"
#include "services/reflection_service.h"

namespace parlance::app {

TorchServeManagementServer::TorchServeManagementServer(
    const ServeConfig& config, std::shared_ptr<dialects::torchserve::ManagementApisHandler> service,
    std::shared_ptr<ServerInterceptor> auth, std::shared_ptr<services::HealthRegistry> health, const Log& log)
    : log_(log) {
  if (config.torchserve_management.empty()) return;
  edge::HttpRoutes routes;
  dialects::torchserve::add_management_routes(service, routes);
  server_ = make_operators_server(
      {.listen = config.torchserve_management, .interceptor = std::move(auth), .routes = std::move(routes)},
      log);
  server_->add(std::move(service));
  server_->add(services::make_health_service(std::move(health)));
  services::add_reflection(*server_);
}

Result<void> TorchServeManagementServer::start() {
  if (server_ == nullptr) return {};
  if (Result<void> started = server_->start(); !started) return started;
  log_operators_addresses(*server_, "torchserve management", log_);
  return {};
}

void TorchServeManagementServer::stop() {
  if (server_ == nullptr) return;
  server_->shutdown();
  server_->wait();
}

}  // namespace parlance::app
