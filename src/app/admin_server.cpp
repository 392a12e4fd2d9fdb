#include "app/admin_server.h"

#include "app/admin_http.h"
#include "app/log_control.h"
#include "app/operators_server.h"
#include "dialects/kserve/service.h"
#include "dialects/management/service.h"
#include "dialects/tfserving/model_manager.h"
#include "services/admin.h"

namespace parlance::app {
namespace {

std::vector<std::string> addresses_of(const ServeConfig& config) {
  return config.admin.value_or(std::vector{std::string{kDefaultAdminAddress}});
}

}  // namespace

AdminServer::AdminServer(const ServeConfig& config, const Sources& sources, const Log& log)
    : config_(config), log_(log) {
  if (!is_wanted(config)) return;
  server_ = make_operators_server({.listen = addresses_of(config),
                                   .interceptor = sources.torchserve_auth,
                                   .routes = admin_routes(sources.metrics, *sources.health)},
                                  log);
  server_->add(
      std::make_shared<dialects::management::ModelManagementHandler>(sources.models, sources.scheduler));
  server_->add(std::make_shared<dialects::tfserving::ModelManagerHandler>(sources.models));
  server_->add(sources.torchserve);
  server_->add(std::make_shared<dialects::kserve::GrpcInferenceServiceHandler>(
      sources.models, sources.scheduler,
      dialects::kserve::GrpcInferenceServiceHandler::Options{
          .model_control = true, .shared_memory = &sources.shared_memory, .log = log_control(log)}));
  services::add_admin_services(*server_, sources.health);
}

Result<void> AdminServer::start() {
  if (server_ == nullptr) return {};
  if (Result<void> started = server_->start(); !started) {
    if (config_.admin) return started;
    log_.warning(
        "no admin address: the default one is taken; --admin takes another, or off",
        {{"address", std::string{kDefaultAdminAddress}}, {"reason", std::string{started.error().message()}}});
    server_.reset();
    return {};
  }
  log_operators_addresses(*server_, "admin", log_);
  return {};
}

void AdminServer::stop() {
  if (server_ == nullptr) return;
  server_->shutdown();
  server_->wait();
}

}  // namespace parlance::app
