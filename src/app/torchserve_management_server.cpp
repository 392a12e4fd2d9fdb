#include "app/torchserve_management_server.h"

#include "dialects/torchserve/rest.h"
#include "edge/http_front.h"
#include "net/endpoint.h"
#include "services/health_service.h"
#include "services/reflection_service.h"

namespace parlance::app {
namespace {

// Operators' calls are short.
constexpr std::chrono::milliseconds kGrace{1000};

}  // namespace

TorchServeManagementServer::TorchServeManagementServer(
    const ServeConfig& config, std::shared_ptr<dialects::torchserve::ManagementApisHandler> service,
    std::shared_ptr<ServerInterceptor> auth, std::shared_ptr<services::HealthRegistry> health, const Log& log)
    : log_(log) {
  if (config.torchserve_management.empty()) return;
  std::vector<std::shared_ptr<ServerInterceptor>> interceptors;
  if (auth != nullptr) interceptors.push_back(std::move(auth));
  edge::HttpRoutes routes;
  dialects::torchserve::add_management_routes(service, routes);
  server_ = std::make_unique<Server>(
      ServerOptions{.listen = config.torchserve_management,
                    .threads = 1,
                    .interceptors = std::move(interceptors),
                    .front = edge::make_http_front({.routes = std::move(routes)}),
                    .shutdown_grace = kGrace,
                    .log = [&log](LogLevel level, std::string_view text) { log.write(level, text); }});
  server_->add(std::move(service));
  server_->add(services::make_health_service(std::move(health)));
  services::add_reflection(*server_);
}

Result<void> TorchServeManagementServer::start() {
  if (server_ == nullptr) return {};
  if (Result<void> started = server_->start(); !started) return started;
  for (const std::string& address : server_->addresses()) {
    log_.info("torchserve management", {{"address", address}});
    const auto endpoint = net::Endpoint::parse(address);
    if (endpoint && !endpoint->is_local())
      log_.warning(
          "TorchServe's management address can be reached from other machines: whoever reaches it can unload "
          "models",
          {{"address", address}});
  }
  return {};
}

void TorchServeManagementServer::stop() {
  if (server_ == nullptr) return;
  server_->shutdown();
  server_->wait();
}

}  // namespace parlance::app
