#include "app/serve.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <thread>

#include "app/admin_server.h"
#include "app/archive_importer.h"
#include "app/exit_codes.h"
#include "app/load_reporter.h"
#include "app/log.h"
#include "app/log_control.h"
#include "app/model_health.h"
#include "app/model_log.h"
#include "app/model_report.h"
#include "app/serve_interceptors.h"
#include "app/torchserve_management_server.h"
#include "app/values.h"
#include "base/version.h"
#include "dialects/inference/service.h"
#include "dialects/kserve/rest/service.h"
#include "dialects/kserve/service.h"
#include "dialects/openai/service.h"
#include "dialects/tfserving/model_service.h"
#include "dialects/tfserving/prediction_service.h"
#include "dialects/tfserving/rest_service.h"
#include "dialects/torchserve/management_service.h"
#include "dialects/torchserve/open_inference.h"
#include "dialects/torchserve/rest.h"
#include "dialects/torchserve/service.h"
#include "edge/http_front.h"
#include "models/backends/built_in.h"
#include "models/repository.h"
#include "net/signals.h"
#include "rpc/server.h"
#include "scheduling/scheduler.h"
#include "services/health_service.h"
#include "services/orca.h"
#include "services/reflection_service.h"

namespace parlance::app {
namespace {

std::optional<TlsServerOptions> server_tls(const ServeConfig& config) {
  if (config.tls_cert.empty()) return std::nullopt;
  const bool mutual = !config.client_ca.empty();
  return TlsServerOptions{
      .certificate_file = config.tls_cert,
      .key_file = config.tls_key,
      .client_ca_file = config.client_ca,
      .client_certificate = mutual ? ClientCertificate::kRequired : ClientCertificate::kNone};
}

// Those that are loaded first, when these are named.
std::optional<std::vector<std::string>> required_of(const ServeConfig& config) {
  return config.require.empty() ? config.load : config.require;
}

using Interceptors = std::vector<std::shared_ptr<ServerInterceptor>>;

ServerOptions server_options(const ServeConfig& config, Interceptors interceptors,
                             std::shared_ptr<ConnectionFront> front, const Log& log) {
  std::vector<std::string> listen = config.listen;
  for (const auto& more : {config.http, config.torchserve})
    listen.insert(listen.end(), more.begin(), more.end());
  return {.listen = std::move(listen),
          .tls = server_tls(config),
          .threads = config.threads,
          .interceptors = std::move(interceptors),
          .front = std::move(front),
          .max_receive_message_bytes = config.max_receive_message_bytes,
          .memory_bytes = config.memory_bytes,
          .call_statistics = AdminServer::is_wanted(config),
          .shutdown_grace = config.shutdown_grace,
          .log = [&log](LogLevel level, std::string_view text) { log.write(level, text); }};
}

// What speaks HTTP, on the addresses of gRPC.
std::shared_ptr<ConnectionFront> http_front(
    const ServeConfig& config, const models::Repository& models, scheduling::Scheduler& scheduler,
    std::shared_ptr<dialects::kserve::GrpcInferenceServiceHandler> kserve,
    std::shared_ptr<dialects::torchserve::InferenceApisHandler> torchserve) {
  edge::HttpRoutes routes;
  dialects::kserve::rest::add_routes(std::move(kserve), routes);
  dialects::openai::add_routes(std::make_shared<dialects::openai::OpenAiService>(models, scheduler), routes);
  dialects::tfserving::add_routes(std::make_shared<dialects::tfserving::RestService>(models, scheduler),
                                  routes);
  dialects::torchserve::add_inference_routes(std::move(torchserve), routes);
  return edge::make_http_front(
      {.routes = std::move(routes), .limits = {.max_body_bytes = config.max_receive_message_bytes}});
}

dialects::kserve::GrpcInferenceServiceHandler::Options kserve_options(const ServeConfig& config,
                                                                      SharedMemory& memory, const Log& log) {
  const bool serves_memory = config.shared_memory != SharedMemory::Callers::kNobody;
  return {.model_control = config.model_control == ModelControlMode::kExplicit,
          .shared_memory = serves_memory ? &memory : nullptr,
          .log = log_control(log)};
}

// The models, what is served of them, and the log: everything `parlance serve` wires together.
class InferenceServer {
 public:
  InferenceServer(const std::filesystem::path& repository, const ServeConfig& config,
                  Interceptors interceptors, TorchServeManagementAuth torchserve_auth, const Log& log)
      : repository_(repository),
        config_(config),
        log_(log),
        torchserve_auth_(std::move(torchserve_auth)),
        models_({.root = repository,
                 .required = required_of(config),
                 .make_companion = scheduler_.companion_maker(),
                 .watch = config.watch,
                 .change = config.change_model,
                 .warn = [&log](std::string_view text) { log.warning(text); }},
                models::built_in_backends({.program = {},
                                           .log =
                                               [&log](std::string_view model, std::string_view line) {
                                                 log.info(line, {{"model", std::string{model}}});
                                               }})),
        server_(server_options(config, std::move(interceptors),
                               http_front(config, models_, scheduler_, kserve_, torchserve_inference_),
                               log)) {
    server_.add(inference_);
    server_.add(kserve_);
    server_.add(std::make_shared<dialects::torchserve::OpenInferenceService>(kserve_));
    server_.add(torchserve_inference_);
    server_.add(std::make_shared<dialects::tfserving::PredictionServiceHandler>(models_, scheduler_));
    server_.add(std::make_shared<dialects::tfserving::ModelServiceHandler>(models_));
    server_.add(services::make_health_service(health_));
    server_.add(services::make_orca_service(load_figures_, {.min_report_interval = std::chrono::seconds{1}}));
    services::add_reflection(server_);
  }

  Result<void> start() {
    Result<void> started = server_.start();
    if (started) {
      for (const std::string& address : server_.addresses()) log_.info("listening", {{"address", address}});
    }
    if (started) started = admin_.start();
    if (started) started = torchserve_management_.start();
    return started;
  }

  /// Takes as long as it takes.
  void load_models() {
    const TimePoint began = Clock::now();
    const Status status = load_first();
    if (draining_) return;
    if (!status.ok()) {
      return log_.error("the model repository cannot be read", {{"reason", std::string{status.message()}}});
    }
    model_health_.refresh();
    report_models();
    model_log_.emplace(models_, log_);
    const auto took = std::chrono::ceil<std::chrono::milliseconds>(Clock::now() - began);
    if (models_.ready()) return log_.info("ready", {{"after", format_duration(took)}});
    report_not_ready();
  }

  /// Operators see the drain to its end. What loads or runs when the last call has ended, or the grace, is
  /// for nobody, and must not hold up the end.
  void drain() {
    draining_ = true;
    inference_->stop();
    server_.shutdown();
    std::jthread grace{[this](const std::stop_token& no_call_is_left) {
      std::mutex mutex;
      std::unique_lock lock{mutex};
      std::condition_variable_any().wait_for(lock, no_call_is_left, config_.shutdown_grace,
                                             [] { return false; });
      models_.stop();
    }};
    server_.wait();
    grace = {};
    torchserve_management_.stop();
    admin_.stop();
  }

 private:
  Status load_first() {
    const auto is_wanted = [this] { return !draining_.load(); };
    import_first(config_, repository_, import_archive_, is_wanted, log_);
    if (!is_wanted()) return {};
    if (!config_.load) return models_.load();
    for (const std::string& model : *config_.load) {
      const Status status = models_.load(model);
      if (!status.ok())
        log_.error("not loaded", {{"model", model}, {"reason", std::string{status.message()}}});
    }
    return {};
  }

  void report_models() const {
    const std::vector<ModelRow> rows = model_rows(models_);
    if (config_.log_format == LogFormat::kJson) return log_models(rows, log_);
    if (rows.empty()) return;
    std::fputs(fmt::format("\n{}\n", model_table(rows)).c_str(), stdout);
    std::fflush(stdout);
  }

  void report_not_ready() const {
    std::vector<std::string> missing;
    for (const std::string& model : config_.require) {
      if (!models_.ready(model)) missing.push_back(model);
    }
    if (!missing.empty()) {
      return log_.error("not ready: required models are missing",
                        {{"missing", fmt::format("{}", fmt::join(missing, ", "))}});
    }
    log_.error(models_.versions().empty() ? "not ready: the repository has no models"
                                          : "not ready: some models could not be loaded");
  }

  const std::filesystem::path repository_;
  const ServeConfig& config_;
  const Log& log_;
  const TorchServeManagementAuth torchserve_auth_;
  const dialects::torchserve::ArchiveImporter import_archive_ = make_archive_importer(repository_, log_);
  std::atomic<bool> draining_ = false;
  scheduling::Scheduler scheduler_;
  models::Repository models_;
  std::optional<ModelLog> model_log_;  // since the first load, which is reported as a table
  std::shared_ptr<services::HealthRegistry> health_ = std::make_shared<services::HealthRegistry>();
  ModelHealth model_health_{models_, *health_};
  std::shared_ptr<services::LoadFigures> load_figures_ = std::make_shared<services::LoadFigures>();
  SharedMemory shared_memory_{config_.shared_memory};
  LoadReporter load_reporter_{scheduler_, load_figures_};
  std::shared_ptr<dialects::inference::InferenceServiceHandler> inference_ =
      std::make_shared<dialects::inference::InferenceServiceHandler>(
          models_, scheduler_, dialects::inference::Limits{},
          text::ResumableLimits{.grace = config_.resume_grace});
  std::shared_ptr<dialects::torchserve::InferenceApisHandler> torchserve_inference_ =
      std::make_shared<dialects::torchserve::InferenceApisHandler>(
          models_, scheduler_,
          dialects::torchserve::InferenceOptions{.own_statuses = config_.torchserve_statuses});
  std::shared_ptr<dialects::torchserve::ManagementApisHandler> torchserve_ =
      std::make_shared<dialects::torchserve::ManagementApisHandler>(
          models_, scheduler_,
          dialects::torchserve::ManagementOptions{.store = repository_,
                                                  .changes_models = config_.torchserve_changes_models,
                                                  .default_workers = config_.torchserve_default_workers,
                                                  .import_archive = import_archive_});
  std::shared_ptr<dialects::kserve::GrpcInferenceServiceHandler> kserve_ =
      std::make_shared<dialects::kserve::GrpcInferenceServiceHandler>(
          models_, scheduler_, kserve_options(config_, shared_memory_, log_));
  // The servers last: they stop before what their handlers use goes away.
  Server server_;
  AdminServer admin_{config_,
                     {.models = models_,
                      .scheduler = scheduler_,
                      .health = health_,
                      .torchserve = torchserve_,
                      .torchserve_auth = torchserve_auth_.of_its_service,
                      .metrics = {server_, models_, scheduler_},
                      .shared_memory = shared_memory_},
                     log_};
  TorchServeManagementServer torchserve_management_{config_, torchserve_, torchserve_auth_.of_all, health_,
                                                    log_};
};

}  // namespace

int serve(const std::filesystem::path& repository, const ServeConfig& config) {
  const Log log{config.log_format, config.log_level};
  if (std::error_code error; !std::filesystem::exists(repository, error)) {
    log.error("there is no such model repository", {{"repository", repository.string()}});
    return kExitNoInput;
  }
  net::SignalWait signals{SIGTERM, SIGINT};
  log.info("parlance", {{"version", std::string{kVersion}}, {"repository", repository.string()}});
  for (const std::string& warning : config.warnings) log.warning(warning);
  auto interceptors = make_interceptors(config, log);
  if (!interceptors) {
    log.error("cannot serve", {{"reason", interceptors.error()}});
    return kExitNoInput;
  }
  auto torchserve_auth = make_torchserve_management_auth(config, log);
  if (!torchserve_auth) {
    log.error("cannot serve", {{"reason", torchserve_auth.error()}});
    return kExitNoInput;
  }
  InferenceServer server{repository, config, *std::move(interceptors), *std::move(torchserve_auth), log};
  if (const Result<void> started = server.start(); !started) {
    log.error("cannot serve", {{"reason", std::string{started.error().message()}}});
    return kExitUnavailable;
  }
  std::thread loading{[&server] { server.load_models(); }};
  const int signal = signals.wait();
  log.info("draining", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"},
                        {"grace", format_duration(config.shutdown_grace)}});
  server.drain();
  loading.join();
  log.info("stopped");
  return kExitOk;
}

}  // namespace parlance::app
