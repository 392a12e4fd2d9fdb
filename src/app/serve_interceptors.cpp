#include "app/serve_interceptors.h"

#include <fmt/format.h>

#include "interceptors/bearer_auth.h"
#include "interceptors/concurrency_limit.h"
#include "interceptors/rate_limit.h"
#include "interceptors/torchserve_auth.h"
#include "torchserve/management.parlance.h"

namespace parlance::app {
namespace {

// Calls that may wait for each that may run: some rounds of work, not a backlog.
constexpr std::size_t kWaitingPerRunning = 2;

// Callers who leave are no error.
bool is_error(StatusCode code) { return code != StatusCode::kOk && code != StatusCode::kCancelled; }

std::string in_milliseconds(Duration duration) {
  return fmt::format("{:.3f}", std::chrono::duration<double, std::milli>{duration}.count());
}

std::shared_ptr<ServerInterceptor> access_log(const ServeConfig& config, const Log& log) {
  const bool all = config.access_log == AccessLogMode::kAll;
  return std::make_shared<interceptors::AccessLog>([&log, all](const interceptors::CallRecord& record) {
    if (!all && !is_error(record.code)) return;
    log.write(access_level(record.code), "call", access_fields(record));
  });
}

std::expected<std::shared_ptr<ServerInterceptor>, std::string> bearer_auth(const ServeConfig& config,
                                                                           const Log& log) {
  return interceptors::BearerAuth::make(
      {.keys_file = config.auth_keys_file,
       .jwks_file = config.jwks_file,
       .claims = {.issuer = config.jwt_issuer, .audience = config.jwt_audience},
       .on_reload_error = [&log](std::string_view why) {
         log.error("keys are not reloaded", {{"reason", std::string{why}}});
       }});
}

using Auth = std::expected<std::shared_ptr<ServerInterceptor>, std::string>;

interceptors::TorchServeAuthOptions torchserve_options(const ServeConfig& config, const Log& log) {
  return {.keys_file = config.torchserve_tokens, .on_reload_error = [&log](std::string_view why) {
            log.error("keys are not reloaded", {{"reason", std::string{why}}});
          }};
}

Auth torchserve_auth(const ServeConfig& config, const Log& log) {
  const auto lifetime = std::chrono::ceil<std::chrono::seconds>(config.torchserve_token_lifetime);
  const auto made = interceptors::make_keys_file(config.torchserve_tokens, lifetime);
  if (!made) return std::unexpected{made.error()};
  if (*made) log.info("made TorchServe's keys", {{"file", config.torchserve_tokens}});
  return interceptors::TorchServeAuth::make(torchserve_options(config, log));
}

}  // namespace

std::expected<TorchServeManagementAuth, std::string> make_torchserve_management_auth(
    const ServeConfig& config, const Log& log) {
  TorchServeManagementAuth made;
  if (config.torchserve_tokens.empty()) return made;
  interceptors::TorchServeAuthOptions options = torchserve_options(config, log);
  options.use = interceptors::TorchServeKeys::Use::kManagement;
  auto all = interceptors::TorchServeAuth::make(options);
  options.service = org::pytorch::serve::grpc::management::ManagementAPIsService::kFullName;
  auto service = interceptors::TorchServeAuth::make(std::move(options));
  if (!all || !service) return std::unexpected{(all ? service : all).error()};
  made.of_all = *std::move(all);
  made.of_its_service = *std::move(service);
  return made;
}

std::expected<std::vector<std::shared_ptr<ServerInterceptor>>, std::string> make_interceptors(
    const ServeConfig& config, const Log& log) {
  std::vector<std::shared_ptr<ServerInterceptor>> made;
  if (config.access_log != AccessLogMode::kOff) made.push_back(access_log(config, log));
  if (!config.auth_keys_file.empty() || !config.jwks_file.empty()) {
    auto auth = bearer_auth(config, log);
    if (!auth) return std::unexpected{auth.error()};
    made.push_back(*std::move(auth));
  }
  if (!config.torchserve_tokens.empty()) {
    auto auth = torchserve_auth(config, log);
    if (!auth) return std::unexpected{auth.error()};
    made.push_back(*std::move(auth));
  }
  if (config.rate_limit > 0) {
    made.push_back(std::make_shared<interceptors::RateLimit>(
        interceptors::RateLimitOptions{.calls_per_second = config.rate_limit}));
  }
  if (const std::size_t running = config.max_concurrent_calls; running > 0) {
    made.push_back(std::make_shared<interceptors::ConcurrencyLimit>(interceptors::ConcurrencyLimitOptions{
        .max_running = running, .max_waiting = running * kWaitingPerRunning}));
  }
  return made;
}

LogFields access_fields(const interceptors::CallRecord& record) {
  LogFields fields{{"method", record.method}, {"code", std::string{to_string(record.code)}}};
  const auto add = [&fields](std::string_view name, const std::string& value) {
    if (!value.empty()) fields.emplace_back(name, value);
  };
  add("reason", record.reason);
  add("duration_ms", in_milliseconds(record.duration));
  if (record.time_left) add("time_left_ms", in_milliseconds(*record.time_left));
  add("peer", record.peer);
  add("client_id", record.client_id);
  add("subject", record.subject);
  add("trace_id", record.trace.trace_id);
  add("traceparent", record.trace.span.to_string());
  add("parent_span_id", record.trace.parent_span_id);
  add("requests", fmt::format("{}", record.request_messages));
  add("request_bytes", fmt::format("{}", record.request_bytes));
  add("responses", fmt::format("{}", record.response_messages));
  add("response_bytes", fmt::format("{}", record.response_bytes));
  return fields;
}

LogLevel access_level(StatusCode code) {
  switch (code) {
    case StatusCode::kUnknown:
    case StatusCode::kInternal:
    case StatusCode::kUnavailable:
    case StatusCode::kDataLoss:
      return LogLevel::kWarning;
    default:
      return LogLevel::kInfo;
  }
}

}  // namespace parlance::app
