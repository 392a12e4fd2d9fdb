#include "app/serve_config.h"

#include <fmt/format.h>

#include <array>

#include "app/values.h"
#include "net/endpoint.h"

namespace parlance::app {
namespace {

using Assigned = std::expected<void, std::string>;
using Values = std::span<const std::string>;

constexpr std::uint64_t kMostThreads = 1024;
constexpr std::uint64_t kMostConcurrentCalls = 1'000'000;
constexpr std::size_t kMostMemoryBytes = std::size_t{1} << 50;
constexpr std::uint64_t kHighestRate = 1'000'000'000;

// `target` gets what was parsed, or the error goes on.
template <typename Target, typename Parsed>
Assigned take(Target& target, const std::expected<Parsed, std::string>& parsed) {
  if (!parsed) return std::unexpected{parsed.error()};
  target = static_cast<Target>(*parsed);
  return {};
}

Assigned check_addresses(Values values) {
  for (const std::string& value : values) {
    if (const auto endpoint = net::Endpoint::parse(value); !endpoint) {
      return std::unexpected{
          fmt::format("'{}' is not an address: {}; write 127.0.0.1:50051, [::]:50051 or unix:/path", value,
                      endpoint.error())};
    }
  }
  return {};
}

Assigned assign_listen(ServeConfig& config, Values values) {
  Assigned checked = check_addresses(values);
  if (checked) config.listen.assign(values.begin(), values.end());
  return checked;
}
Assigned assign_http(ServeConfig& config, Values values) {
  Assigned checked = check_addresses(values);
  if (checked) config.http.assign(values.begin(), values.end());
  return checked;
}

Assigned assign_admin(ServeConfig& config, Values values) {
  if (values.size() == 1 && (values[0] == "off" || values[0].empty()))
    return config.admin.emplace(), Assigned{};
  Assigned checked = check_addresses(values);
  if (checked) config.admin.emplace(values.begin(), values.end());
  return checked;
}

// A port alone is one of this machine, as TorchServe's are.
Assigned assign_torchserve_addresses(std::vector<std::string>& target, Values values) {
  std::vector<std::string> addresses;
  for (const std::string& value : values) {
    const bool is_port = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    addresses.push_back(is_port ? "127.0.0.1:" + value : value);
  }
  Assigned checked = check_addresses(addresses);
  if (checked) target = std::move(addresses);
  return checked;
}
Assigned assign_torchserve(ServeConfig& config, Values values) {
  return assign_torchserve_addresses(config.torchserve, values);
}
Assigned assign_torchserve_management(ServeConfig& config, Values values) {
  return assign_torchserve_addresses(config.torchserve_management, values);
}

Assigned assign_tls_cert(ServeConfig& config, Values values) {
  return config.tls_cert = values[0], Assigned{};
}
Assigned assign_tls_key(ServeConfig& config, Values values) { return config.tls_key = values[0], Assigned{}; }
Assigned assign_client_ca(ServeConfig& config, Values values) {
  return config.client_ca = values[0], Assigned{};
}

Assigned assign_threads(ServeConfig& config, Values values) {
  return take(config.threads, parse_count(values[0], kMostThreads));
}

Assigned assign_max_receive(ServeConfig& config, Values values) {
  return take(config.max_receive_message_bytes, parse_size(values[0]));
}

Assigned assign_memory(ServeConfig& config, Values values) {
  return take(config.memory_bytes, parse_size(values[0], kMostMemoryBytes));
}

Assigned assign_resume_grace(ServeConfig& config, Values values) {
  const auto grace = parse_duration(values[0]);
  if (!grace) return std::unexpected{grace.error()};
  config.resume_grace = std::chrono::ceil<std::chrono::milliseconds>(*grace);
  return {};
}

Assigned assign_shutdown_grace(ServeConfig& config, Values values) {
  const auto grace = parse_duration(values[0]);
  if (!grace) return std::unexpected{grace.error()};
  config.shutdown_grace = std::chrono::ceil<std::chrono::milliseconds>(*grace);
  return {};
}

Assigned assign_require(ServeConfig& config, Values values) {
  config.require.assign(values.begin(), values.end());
  return {};
}

Assigned assign_watch(ServeConfig& config, Values values) {
  config.watch = values[0] == "on";
  if (config.watch || values[0] == "off") return {};
  return std::unexpected{fmt::format("'{}' is not on or off", values[0])};
}

Assigned assign_model_control_mode(ServeConfig& config, Values values) {
  if (values[0] == "none") return config.model_control = ModelControlMode::kNone, Assigned{};
  if (values[0] == "explicit") return config.model_control = ModelControlMode::kExplicit, Assigned{};
  return std::unexpected{fmt::format("'{}' is not none or explicit", values[0])};
}

Assigned assign_shared_memory(ServeConfig& config, Values values) {
  constexpr std::array<std::string_view, 3> kNames{"off", "local", "on"};  // as in SharedMemory::Callers
  for (std::size_t who = 0; who < kNames.size(); ++who) {
    if (kNames[who] == values[0])
      return config.shared_memory = static_cast<SharedMemory::Callers>(who), Assigned{};
  }
  return std::unexpected{fmt::format("'{}' is not off, local or on", values[0])};
}

Assigned assign_auth_keys(ServeConfig& config, Values values) {
  return config.auth_keys_file = values[0], Assigned{};
}
Assigned assign_jwks(ServeConfig& config, Values values) { return config.jwks_file = values[0], Assigned{}; }
Assigned assign_jwt_issuer(ServeConfig& config, Values values) {
  return config.jwt_issuer = values[0], Assigned{};
}
Assigned assign_jwt_audience(ServeConfig& config, Values values) {
  return config.jwt_audience = values[0], Assigned{};
}

Assigned assign_torchserve_tokens(ServeConfig& config, Values values) {
  return config.torchserve_tokens = values[0], Assigned{};
}
Assigned assign_torchserve_token_lifetime(ServeConfig& config, Values values) {
  const auto lifetime = parse_duration(values[0]);
  if (!lifetime) return std::unexpected{lifetime.error()};
  config.torchserve_token_lifetime = std::chrono::ceil<std::chrono::milliseconds>(*lifetime);
  return {};
}
Assigned assign_torchserve_statuses(ServeConfig& config, Values values) {
  config.torchserve_statuses = values[0] == "torchserve";
  if (config.torchserve_statuses || values[0] == "grpc") return {};
  return std::unexpected{fmt::format("'{}' is not grpc or torchserve", values[0])};
}

Assigned assign_rate_limit(ServeConfig& config, Values values) {
  return take(config.rate_limit, parse_count(values[0], kHighestRate));
}

Assigned assign_max_concurrent(ServeConfig& config, Values values) {
  return take(config.max_concurrent_calls, parse_count(values[0], kMostConcurrentCalls));
}

Assigned assign_access_log(ServeConfig& config, Values values) {
  constexpr std::array<std::string_view, 3> kNames{"off", "errors", "all"};  // as in AccessLogMode
  for (std::size_t mode = 0; mode < kNames.size(); ++mode) {
    if (kNames[mode] == values[0]) return config.access_log = static_cast<AccessLogMode>(mode), Assigned{};
  }
  return std::unexpected{fmt::format("'{}' is not off, errors or all", values[0])};
}

Assigned assign_log_format(ServeConfig& config, Values values) {
  if (values[0] == "text") return config.log_format = LogFormat::kText, Assigned{};
  if (values[0] == "json") return config.log_format = LogFormat::kJson, Assigned{};
  return std::unexpected{fmt::format("'{}' is not a log format: text or json", values[0])};
}

Assigned assign_log_level(ServeConfig& config, Values values) {
  constexpr std::array<std::string_view, 4> kNames{"debug", "info", "warning", "error"};  // as in LogLevel
  for (std::size_t level = 0; level < kNames.size(); ++level) {
    if (kNames[level] == values[0]) return config.log_level = static_cast<LogLevel>(level), Assigned{};
  }
  return std::unexpected{fmt::format("'{}' is not a log level: debug, info, warning or error", values[0])};
}

constexpr std::array kSettings{
    ServeSetting{
        "listen", "ADDRESS:PORT",
        "Where to listen: 127.0.0.1:50051, [::]:50051 (IPv4\ntoo) or unix:/path; port 0 takes a free one.\n"
        "May be given more than once. Default: [::]:50051",
        true, assign_listen},
    ServeSetting{"http", "ADDRESS:PORT",
                 "Where to listen besides, for clients of the OpenAI\nAPI that want a port of their own; "
                 "every address "
                 "speaks\nboth. May be given more than once",
                 true, assign_http},
    ServeSetting{
        "admin", "ADDRESS:PORT",
        "Where operators and `parlance models` ask: models,\nhealth, metrics; gRPC and HTTP/1.1, never "
        "TLS. May be\ngiven more than once; off: nowhere. Default:\n127.0.0.1:8051",
        true, assign_admin},
    ServeSetting{"torchserve", "ADDRESS:PORT",
                 "Where to listen besides, for clients of TorchServe;\na port alone is of this machine: "
                 "7070. May be given\n"
                 "more than once",
                 true, assign_torchserve},
    ServeSetting{"torchserve-management", "ADDRESS:PORT",
                 "Where TorchServe's management service is besides\n--admin, never TLS; a port alone is of "
                 "this machine:\n7071. "
                 "May be given more than once",
                 true, assign_torchserve_management},
    ServeSetting{
        "tls-cert", "FILE",
        "PEM: the certificate, then its chain. TLS instead of\nplaintext; read again when it changes", false,
        assign_tls_cert},
    ServeSetting{"tls-key", "FILE", "PEM: the key of --tls-cert", false, assign_tls_key},
    ServeSetting{"client-ca", "FILE",
                 "PEM: who signs client certificates; every client\nneeds one then (mutual TLS)", false,
                 assign_client_ca},
    ServeSetting{"threads", "N", "Event loops, each on a thread. Default: 0, one a core", false,
                 assign_threads},
    ServeSetting{
        "max-receive-message-bytes", "SIZE",
        "Largest request: bytes, or as in 64MiB; a larger one\nis RESOURCE_EXHAUSTED, or 413. Default: 4MiB",
        false, assign_max_receive},
    ServeSetting{"memory", "SIZE",
                 "What connections and calls may hold together, models\nnot counted; slow readers wait, are "
                 "refused or reset.\nDefault: half of what the process may have",
                 false, assign_memory},
    ServeSetting{"shutdown-grace", "TIME", "How long open calls may run on after SIGTERM.\nDefault: 30s",
                 false, assign_shutdown_grace},
    ServeSetting{
        "resume-grace", "TIME",
        "How long a stream of text that can be resumed waits\nfor its client to come back. Default: 30s",
        false, assign_resume_grace},
    ServeSetting{
        "require", "MODEL",
        "A model without which the server is not ready. May\nbe given more than once. Default: every model "
        "found",
        true, assign_require},
    ServeSetting{"watch", "WHICH",
                 "on: load what changes in the folder while serving;\noff: only on request (`parlance "
                 "models`). Default: off",
                 false, assign_watch},
    ServeSetting{
        "model-control-mode", "WHICH",
        "explicit: whoever may call may load and unload models,\nas Triton's clients do; none: on the "
        "admin address only.\nDefault: none",
        false, assign_model_control_mode},
    ServeSetting{"shared-memory", "WHO",
                 "Whose tensors may lie in shared memory of this machine:\nlocal (callers on it), on (any "
                 "caller's) or off.\nDefault: local",
                 false, assign_shared_memory},
    ServeSetting{"auth-keys-file", "FILE",
                 "Lines of a name and a Bearer token; calls need one\nthen. Read again when it changes",
                 false, assign_auth_keys},
    ServeSetting{"jwks-file", "FILE",
                 "The JSON Web Key Set that Bearer tokens (JWT) are\nsigned with. Read again when it changes",
                 false, assign_jwks},
    ServeSetting{"jwt-issuer", "NAME", "The iss that such tokens must have. Default: any", false,
                 assign_jwt_issuer},
    ServeSetting{"jwt-audience", "NAME", "The aud that such tokens must name. Default: any", false,
                 assign_jwt_audience},
    ServeSetting{"torchserve-tokens", "FILE",
                 "TorchServe's key_file.json, made when it is not\nthere: calls need its inference key then, "
                 "those of\n"
                 "TorchServe's management service its management\nkey. Read again when it changes",
                 false, assign_torchserve_tokens},
    ServeSetting{"torchserve-token-lifetime", "TIME",
                 "How long the keys hold that are made for that file.\nDefault: 60m", false,
                 assign_torchserve_token_lifetime},
    ServeSetting{
        "torchserve-statuses", "WHICH",
        "grpc: calls of TorchServe's inference service fail as\nall others do; torchserve: INTERNAL and its\n"
        "exceptions' names. Default: grpc",
        false, assign_torchserve_statuses},
    ServeSetting{"rate-limit", "N",
                 "Calls a second that one client may make: a token's\nsubject, else x-client-id, else an "
                 "address.\nDefault: 0, no limit",
                 false, assign_rate_limit},
    ServeSetting{
        "max-concurrent-calls", "N",
        "Calls that run at a time; twice as many may wait,\nmore are RESOURCE_EXHAUSTED. Default: 0, no "
        "limit",
        false, assign_max_concurrent},
    ServeSetting{"access-log", "WHICH", "off, errors (calls that fail) or all. Default: errors", false,
                 assign_access_log},
    ServeSetting{"log-format", "FORMAT", "text, or json: one object a line. Default: text", false,
                 assign_log_format},
    ServeSetting{"log-level", "LEVEL", "debug, info, warning or error. Default: info", false,
                 assign_log_level},
};

}  // namespace

std::span<const ServeSetting> serve_settings() { return kSettings; }

std::expected<void, std::string> check(const ServeConfig& config) {
  if (config.tls_cert.empty() != config.tls_key.empty()) {
    return std::unexpected{std::string{"tls-cert and tls-key are given together or not at all"}};
  }
  if (!config.client_ca.empty() && config.tls_cert.empty()) {
    return std::unexpected{std::string{"client-ca needs tls-cert and tls-key"}};
  }
  if (config.jwks_file.empty() && !(config.jwt_issuer.empty() && config.jwt_audience.empty())) {
    return std::unexpected{std::string{"jwt-issuer and jwt-audience need jwks-file"}};
  }
  if (!config.torchserve_tokens.empty() && !(config.auth_keys_file.empty() && config.jwks_file.empty())) {
    return std::unexpected{std::string{
        "torchserve-tokens goes with neither auth-keys-file nor jwks-file: a call carries one token"}};
  }
  return {};
}

}  // namespace parlance::app
