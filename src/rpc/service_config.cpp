#include "rpc/service_config.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "base/concat.h"
#include "rpc/balancing/policy_config_json.h"
#include "rpc/json_fields.h"

namespace parlance {
namespace {

using detail::JsonFields;
using detail::JsonProblem;
using detail::Presence;
using Json = nlohmann::json;

/// "Values greater than 5 are treated as 5" (A6): a config may come from whoever answers DNS.
constexpr std::uint64_t kMaxAttempts = 5;
/// The client's own limit on connections to one backend (A105).
constexpr std::uint64_t kMaxConnectionsPerBackend = 10;
constexpr unsigned kHighestCode = static_cast<unsigned>(StatusCode::kUnauthenticated);

std::string upper(std::string_view text) {
  std::string result{text};
  for (char& c : result) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return result;
}

std::optional<StatusCode> read_code(const Json& value) {
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= kHighestCode) {
    return static_cast<StatusCode>(value.get<unsigned>());
  }
  if (!value.is_string()) return std::nullopt;
  const std::string name = upper(value.get_ref<const std::string&>());
  for (unsigned number = 0; number <= kHighestCode; ++number) {
    if (to_string(static_cast<StatusCode>(number)) == name) return static_cast<StatusCode>(number);
  }
  return std::nullopt;
}

StatusCodes read_codes(const JsonFields& fields, std::string_view name) {
  StatusCodes codes;
  fields.each(name, [&](const Json& value, const std::string& path) {
    if (const auto code = read_code(value)) return codes.add(*code);
    fields.problem().wrong(path, value,
                           "a status code, by its name (\"UNAVAILABLE\") or its number (0 to 16)");
  });
  return codes;
}

unsigned read_max_attempts(const JsonFields& fields) {
  const auto attempts = fields.whole("maxAttempts", {.low = 2}, Presence::kRequired).value_or(2);
  return static_cast<unsigned>(std::min(attempts, kMaxAttempts));
}

RetryPolicy read_retry_policy(const JsonFields& fields) {
  RetryPolicy policy;
  policy.max_attempts = read_max_attempts(fields);
  policy.initial_backoff =
      fields.duration_above_zero("initialBackoff", Presence::kRequired).value_or(Duration{});
  policy.max_backoff = fields.duration_above_zero("maxBackoff", Presence::kRequired).value_or(Duration{});
  policy.backoff_multiplier = fields.number_above_zero("backoffMultiplier", Presence::kRequired).value_or(1);
  policy.retryable = read_codes(fields, "retryableStatusCodes");
  if (policy.retryable == StatusCodes{}) {
    constexpr std::string_view kMust = "a list of at least one status code";
    const Json* list = fields.find("retryableStatusCodes");
    const std::string path = fields.path_of("retryableStatusCodes");
    list == nullptr ? fields.problem().missing(path, kMust) : fields.problem().wrong(path, *list, kMust);
  }
  return policy;
}

HedgingPolicy read_hedging_policy(const JsonFields& fields) {
  return {.max_attempts = read_max_attempts(fields),
          .hedging_delay = fields.duration("hedgingDelay").value_or(Duration::zero()),
          .non_fatal = read_codes(fields, "nonFatalStatusCodes")};
}

std::optional<std::size_t> read_bytes(const JsonFields& fields, std::string_view name) {
  const auto bytes = fields.whole(name, {});
  return bytes ? std::optional<std::size_t>{*bytes} : std::nullopt;
}

MethodConfig read_method_config(const JsonFields& fields) {
  MethodConfig config{.wait_for_ready = fields.boolean("waitForReady"),
                      .timeout = fields.duration("timeout"),
                      .max_request_message_bytes = read_bytes(fields, "maxRequestMessageBytes"),
                      .max_response_message_bytes = read_bytes(fields, "maxResponseMessageBytes")};
  if (fields.find("retryPolicy") != nullptr && fields.find("hedgingPolicy") != nullptr) {
    fields.problem().say(
        concat(fields.path(), " has a retryPolicy and a hedgingPolicy; it must have one of them"));
  }
  fields.object("retryPolicy",
                [&](const JsonFields& policy) { config.attempts = read_retry_policy(policy); });
  fields.object("hedgingPolicy",
                [&](const JsonFields& policy) { config.attempts = read_hedging_policy(policy); });
  return config;
}

/// "/service/method", "/service/" or "/": the key of an entry.
std::string read_name(const JsonFields& fields) {
  const std::string service = fields.text("service").value_or("");
  const std::string method = fields.text("method").value_or("");
  if (service.empty() && !method.empty()) {
    fields.problem().say(concat(fields.path(), " has the method \"", std::string_view{method},
                                "\" and no service; a method needs its service"));
  }
  return service.empty() ? "/" : concat("/", std::string_view{service}, "/", std::string_view{method});
}

RetryThrottling read_throttling(const JsonFields& fields) {
  constexpr std::uint64_t kMaxTokens = 1000;
  constexpr double kThousandths = 1000;
  RetryThrottling throttling;
  throttling.max_tokens = static_cast<double>(
      fields.whole("maxTokens", {.low = 1, .high = kMaxTokens}, Presence::kRequired).value_or(1));
  const double ratio = fields.number_above_zero("tokenRatio", Presence::kRequired).value_or(1);
  // Three decimals are kept, the rest is cut; 0.57 · 1000 must not fall to 569.
  throttling.token_ratio = std::floor(ratio * kThousandths + 1e-6) / kThousandths;
  if (throttling.token_ratio == 0) {
    fields.problem().wrong(fields.path_of("tokenRatio"), *fields.find("tokenRatio"),
                           "a number of at least 0.001");
  }
  return throttling;
}

}  // namespace

/// Fills in a ServiceConfig.
class ServiceConfigParser {
 public:
  explicit ServiceConfigParser(JsonProblem& problem) : problem_(problem) {}

  ServiceConfig read(const Json& document) {
    const JsonFields fields{document, "", problem_};
    fields.each_object("methodConfig", [&](const JsonFields& entry) { read_methods(entry); });
    fields.object("retryThrottling", [&](const JsonFields& throttling) {
      config_.retry_throttling_ = read_throttling(throttling);
    });
    if (auto policy = balancing::read_policy(fields)) config_.load_balancing_ = std::move(*policy);
    fields.object("healthCheckConfig", [&](const JsonFields& health) {
      config_.health_check_service_ = health.text("serviceName");
    });
    fields.object("connectionScaling", [&](const JsonFields& scaling) { read_scaling(scaling); });
    return std::move(config_);
  }

 private:
  void read_methods(const JsonFields& entry) {
    const MethodConfig method = read_method_config(entry);
    entry.each_object("name", [&](const JsonFields& name) { add(read_name(name), method, name.path()); });
  }

  void add(std::string key, const MethodConfig& method, const std::string& path) {
    if (!config_.methods_.emplace(key, method).second) {
      problem_.say(concat(path, " names ", std::string_view{key == "/" ? "all methods" : key},
                          " a second time; each name may stand once"));
    }
  }

  void read_scaling(const JsonFields& scaling) {
    if (const auto connections = scaling.whole("maxConnectionsPerSubchannel", {})) {
      config_.max_connections_per_backend_ =
          std::clamp<std::uint64_t>(*connections, 1, kMaxConnectionsPerBackend);
    }
  }

  JsonProblem& problem_;
  ServiceConfig config_;
};

std::expected<ServiceConfig, std::string> ServiceConfig::parse(std::string_view json) {
  JsonProblem problem;
  const auto document = detail::parse_json(json, "the service config", problem);
  if (!document) return std::unexpected(problem.text());
  ServiceConfig config = ServiceConfigParser{problem}.read(*document);
  if (problem.found()) return std::unexpected(problem.text());
  return config;
}

std::expected<ServiceConfig, std::string> ServiceConfig::from_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file) return std::unexpected("cannot read the service config '" + path + "': " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  auto config = parse(text);
  if (!config) return std::unexpected(path + ": " + config.error());
  return config;
}

const MethodConfig& ServiceConfig::method(std::string_view path) const {
  if (methods_.empty()) return default_method_;
  const std::size_t service_end = path.rfind('/') + 1;
  for (const std::string_view key : {path, path.substr(0, service_end), std::string_view{"/"}}) {
    if (const auto found = methods_.find(key); found != methods_.end()) return found->second;
  }
  return default_method_;
}

}  // namespace parlance
