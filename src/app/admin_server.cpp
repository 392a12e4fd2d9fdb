#include "app/admin_server.h"

#include "app/admin_http.h"
#include "app/log_control.h"
#include "dialects/kserve/service.h"
#include "dialects/management/service.h"
#include "dialects/tfserving/model_manager.h"
#include "edge/http_front.h"
#include "net/endpoint.h"
#include "services/admin.h"

namespace parlance::app {
namespace {

// Operators' calls are short, but for those that watch.
constexpr std::chrono::milliseconds kGrace{1000};

std::vector<std::string> addresses_of(const ServeConfig& config) {
  return config.admin.value_or(std::vector{std::string{kDefaultAdminAddress}});
}

// Reached by others than this machine's programs.
bool is_public(const std::string& address) {
  const auto endpoint = net::Endpoint::parse(address);
  return endpoint && !endpoint->is_local();
}

std::vector<std::shared_ptr<ServerInterceptor>> present(std::shared_ptr<ServerInterceptor> interceptor) {
  if (interceptor == nullptr) return {};
  return {std::move(interceptor)};
}

}  // namespace

AdminServer::AdminServer(const ServeConfig& config, const Sources& sources, const Log& log)
    : config_(config), log_(log) {
  if (!is_wanted(config)) return;
  auto routes = admin_routes(sources.metrics, *sources.health);
  server_ = std::make_unique<Server>(
      ServerOptions{.listen = addresses_of(config),
                    .threads = 1,
                    .interceptors = present(sources.torchserve_auth),
                    .front = edge::make_http_front({.routes = std::move(routes)}),
                    .shutdown_grace = kGrace,
                    .log = [&log](LogLevel level, std::string_view text) { log.write(level, text); }});
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
  for (const std::string& address : server_->addresses()) {
    log_.info("admin", {{"address", address}});
    if (is_public(address)) {
      log_.warning(
          "the admin address can be reached from other machines: whoever reaches it can unload models",
          {{"address", address}});
    }
  }
  return {};
}

void AdminServer::stop() {
  if (server_ == nullptr) return;
  server_->shutdown();
  server_->wait();
}

}  // namespace parlance::app
