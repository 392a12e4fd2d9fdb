#include "app/torchserve_config.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "app/java_properties.h"
#include "app/values.h"

namespace parlance::app {
namespace {

using Properties = std::map<std::string, std::string>;
using Done = std::expected<void, std::string>;
using Json = nlohmann::json;

constexpr std::uint64_t kMost = 1'000'000'000;

/// Known to TorchServe, and without a counterpart: what is true instead.
struct UnusedKey {
  std::string_view name;
  std::string_view instead;
};
constexpr std::string_view kPython = "handlers run in `backend: python` (model.yaml)";
constexpr std::string_view kMetrics = "metrics are on the admin address, for Prometheus";
constexpr std::string_view kJava = "there is no Java here";
constexpr std::array kUnused{
    UnusedKey{"async_logging", kJava},
    UnusedKey{"allowed_urls", "models come from the repository alone"},
    UnusedKey{"blacklist_env_vars", kPython},
    UnusedKey{"cors_allowed_headers", "there is no CORS"},
    UnusedKey{"cors_allowed_methods", "there is no CORS"},
    UnusedKey{"cors_allowed_origin", "there is no CORS"},
    UnusedKey{"cpp_log_config", kPython},
    UnusedKey{"cpu_launcher_args", kPython},
    UnusedKey{"cpu_launcher_enable", kPython},
    UnusedKey{"debug", "--log-level debug"},
    UnusedKey{"decode_input_request", kPython},
    UnusedKey{"default_service_handler", kPython},
    UnusedKey{"default_startup_timeout", "a load takes as long as it takes"},
    UnusedKey{"disable_system_metrics", kMetrics},
    UnusedKey{"enable_metrics_api", kMetrics},
    UnusedKey{"grpc_inference_max_connection_age_grace_ms", "connections have no age limit"},
    UnusedKey{"grpc_inference_max_connection_age_ms", "connections have no age limit"},
    UnusedKey{"grpc_management_max_connection_age_grace_ms", "connections have no age limit"},
    UnusedKey{"grpc_management_max_connection_age_ms", "connections have no age limit"},
    UnusedKey{"initial_distribution_port", kPython},
    UnusedKey{"initial_worker_port", kPython},
    UnusedKey{"install_py_dep_per_model", kPython},
    UnusedKey{"io_ratio", kJava},
    UnusedKey{"ipex_enable", kPython},
    UnusedKey{"ipex_gpu_enable", kPython},
    UnusedKey{"keystore", "TLS takes certificate_file and private_key_file, in PEM"},
    UnusedKey{"keystore_pass", "TLS takes certificate_file and private_key_file, in PEM"},
    UnusedKey{"keystore_type", "TLS takes certificate_file and private_key_file, in PEM"},
    UnusedKey{"limit_max_image_pixels", kPython},
    UnusedKey{"max_response_size", "responses have no limit"},
    UnusedKey{"metric_time_interval", kMetrics},
    UnusedKey{"metrics_address", kMetrics},
    UnusedKey{"metrics_config", kMetrics},
    UnusedKey{"metrics_mode", kMetrics},
    UnusedKey{"model_metrics_auto_detect", kMetrics},
    UnusedKey{"model_server_home", kPython},
    UnusedKey{"netty_client_threads", kJava},
    UnusedKey{"number_of_gpu", "model.yaml says where a model runs"},
    UnusedKey{"prefer_direct_buffer", kJava},
    UnusedKey{"python", kPython},
    UnusedKey{"service_envelope", kPython},
    UnusedKey{"system_metrics_cmd", kMetrics},
    UnusedKey{"ts_header_key_sequence_end", "sequences end with their stream"},
    UnusedKey{"ts_header_key_sequence_id", "sequences are told apart by sequence_id"},
    UnusedKey{"ts_header_key_sequence_start", "sequences begin with their stream"},
    UnusedKey{"unregister_model_timeout", "the caller's deadline"},
    UnusedKey{"use_env_allowed_urls", "models come from the repository alone"},
    UnusedKey{"use_native_io", kJava},
    UnusedKey{"vmargs", kJava},
    UnusedKey{"workflow_store", "there are no workflows"},
};

// Read below, or of no consequence here.
constexpr std::array<std::string_view, 22> kUsed{"certificate_file",
                                                 "default_response_timeout",
                                                 "default_workers_per_model",
                                                 "disable_token_authorization",
                                                 "enable_envvars_config",
                                                 "enable_grpc_ssl",
                                                 "enable_model_api",
                                                 "grpc_inference_address",
                                                 "grpc_inference_port",
                                                 "grpc_management_address",
                                                 "grpc_management_port",
                                                 "inference_address",
                                                 "job_queue_size",
                                                 "load_models",
                                                 "management_address",
                                                 "max_request_size",
                                                 "model_snapshot",
                                                 "model_store",
                                                 "models",
                                                 "number_of_netty_threads",
                                                 "private_key_file",
                                                 "token_expiration_min"};
constexpr std::string_view kAlwaysOn = "ts_open_inference_protocol";

std::string upper(std::string_view text) {
  std::string made;
  for (const char each : text) made += static_cast<char>(std::toupper(static_cast<unsigned char>(each)));
  return made;
}

Done substitute(std::string& value, const Environment& environment) {
  constexpr std::string_view kMark = "$$";
  for (std::size_t begin = 0; (begin = value.find(kMark, begin)) != std::string::npos;) {
    const std::size_t end = value.find(kMark, begin + kMark.size());
    if (end == std::string::npos) return {};
    const std::string name = value.substr(begin + kMark.size(), end - begin - kMark.size());
    const auto found = environment(name);
    if (!found) return std::unexpected("Invalid Environment Variable " + name);
    value.replace(begin, end + kMark.size() - begin, *found);
    begin += found->size();
  }
  return {};
}

/// A file's keys, with what is read of them. The first thing that is wrong stays.
class Reader {
 public:
  Reader(Properties properties, const std::string& name) : properties_(std::move(properties)), name_(name) {}

  const std::string* find(const std::string& key) const {
    const auto found = properties_.find(key);
    return found == properties_.end() || found->second.empty() ? nullptr : &found->second;
  }
  std::string text(const std::string& key, const std::string& fallback = {}) const {
    const std::string* value = find(key);
    return value == nullptr ? fallback : *value;
  }
  std::optional<bool> flag(const std::string& key) const {
    const std::string* value = find(key);
    return value == nullptr ? std::nullopt : std::optional{upper(*value) == "TRUE"};
  }
  std::optional<std::uint64_t> count(const std::string& key) {
    const std::string* value = find(key);
    if (value == nullptr) return std::nullopt;
    const auto parsed = parse_count(*value, kMost);
    if (!parsed) return fail(key, parsed.error()), std::nullopt;
    return *parsed;
  }

  void fail(const std::string& key, std::string_view why) {
    if (error_.empty()) error_ = fmt::format("{}: {}: {}", name_, key, why);
  }
  const std::string& error() const { return error_; }
  const Properties& all() const { return properties_; }

 private:
  const Properties properties_;
  const std::string& name_;
  std::string error_;
};

struct HttpAddress {
  std::string address;  // as --http takes it
  bool tls = false;
};

/// "http://127.0.0.1:8080", "https://[::1]:8443", "unix:/path".
std::optional<HttpAddress> parse_address(std::string text, std::string_view default_port) {
  if (text.starts_with("unix:")) return HttpAddress{std::move(text)};
  HttpAddress parsed;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!text.starts_with(scheme)) continue;
    parsed.tls = scheme == "https://";
    parsed.address = text.substr(scheme.size());
  }
  if (parsed.address.ends_with('/')) parsed.address.pop_back();
  if (parsed.address.empty()) return std::nullopt;
  if (parsed.address.starts_with("localhost")) parsed.address.replace(0, 9, "127.0.0.1");
  const std::size_t colon = parsed.address.rfind(':');
  const bool has_port = colon != std::string::npos && !parsed.address.substr(colon).contains(']');
  if (!has_port) parsed.address.append(":").append(default_port);
  return parsed;
}

std::string grpc_address(const Reader& reader, const std::string& which, const std::string& default_port) {
  std::string host = reader.text("grpc_" + which + "_address", "127.0.0.1");
  if (host == "localhost") host = "127.0.0.1";
  if (host.contains(':') && !host.starts_with('[')) host = "[" + host + "]";
  return host + ":" + reader.text("grpc_" + which + "_port", default_port);
}

void read_addresses(Reader& reader, ServeConfig& config) {
  config.listen = {grpc_address(reader, "inference", "7070")};
  config.torchserve_management = {grpc_address(reader, "management", "7071")};
  bool tls = reader.flag("enable_grpc_ssl").value_or(false);
  if (const std::string* text = reader.find("inference_address")) {
    const auto address = parse_address(*text, "8080");
    if (!address) return reader.fail("inference_address", fmt::format("Invalid binding address: {}", *text));
    config.http = {address->address};
    tls |= address->tls;
  }
  if (const std::string* text = reader.find("management_address")) {
    const auto address = parse_address(*text, "8081");
    if (!address) return reader.fail("management_address", fmt::format("Invalid binding address: {}", *text));
    config.torchserve_management.push_back(address->address);
    if (address->tls) config.warnings.emplace_back("management_address: management has no TLS");
  }
  if (!tls) return;
  config.tls_cert = reader.text("certificate_file");
  config.tls_key = reader.text("private_key_file");
  if (config.tls_cert.empty() || config.tls_key.empty())
    reader.fail("enable_grpc_ssl", "TLS needs certificate_file and private_key_file, in PEM");
  config.warnings.emplace_back("TLS holds for gRPC and HTTP alike, on every address but those of management");
}

void read_tokens(Reader& reader, ServeConfig& config) {
  if (const auto minutes = reader.count("token_expiration_min"))
    config.torchserve_token_lifetime = std::chrono::minutes{*minutes};
  const auto disabled = reader.flag("disable_token_authorization");
  if (disabled == false) config.torchserve_tokens = "key_file.json";
  if (!disabled)
    config.warnings.emplace_back(
        "no tokens are asked for, as TorchServe does by itself: disable_token_authorization=false, or "
        "--torchserve-tokens FILE, asks for them");
}

/// A model, and the archive that it comes from where that lies in the repository.
void add_to_load(std::string model, std::string archive, ServeConfig& config) {
  config.load->push_back(model);
  config.torchserve_archives.emplace_back(std::move(model), std::move(archive));
}

/// "all", or models, each as "noop", "noop.mar" or "noop=v2.mar".
void read_load_models(Reader& reader, ServeConfig& config) {
  constexpr std::string_view kSuffix = ".mar";
  const std::string* list = reader.find("load_models");
  if (list == nullptr) return;
  config.torchserve_all_archives = upper(*list) == "ALL";
  if (config.torchserve_all_archives) return;
  config.load.emplace();
  if (upper(*list) == "NONE") return;
  std::istringstream names{*list};
  for (std::string entry; std::getline(names, entry, ',');) {
    std::erase_if(entry, [](unsigned char each) { return std::isspace(each); });
    const std::size_t mark = entry.find('=');
    std::string source = entry.substr(mark + 1);
    if (source.empty()) continue;
    if (source.contains('/'))
      return reader.fail("load_models", "models come from the repository, not from " + source);
    std::string model = mark == std::string::npos ? source : entry.substr(0, mark);
    if (mark == std::string::npos && model.ends_with(kSuffix)) model.resize(model.size() - kSuffix.size());
    if (!source.ends_with(kSuffix)) source += kSuffix;
    add_to_load(std::move(model), std::move(source), config);
  }
}

/// What holds for a model whose files do not say it.
struct Defaults {
  std::optional<std::uint64_t> workers;
  std::optional<std::uint64_t> queue;
  std::optional<std::uint64_t> timeout_s;

  void apply(models::ModelConfig& config) const {
    if (workers.value_or(0) > 0 && config.instances.count == 0)
      config.instances.count = static_cast<unsigned>(*workers);
    if (queue && config.queue.max_size == models::QueueConfig{}.max_size) config.queue.max_size = *queue;
    if (timeout_s && config.queue.default_timeout == Duration::zero())
      config.queue.default_timeout = std::chrono::seconds{*timeout_s};
  }
};

/// A version's entry of `models`. What it says goes before what the model's files say.
void apply(const Json& entry, models::ModelConfig& config) {
  const auto count = [&entry](const char* name) -> std::uint64_t {
    const auto found = entry.find(name);
    return found != entry.end() && found->is_number_unsigned() ? std::min(found->get<std::uint64_t>(), kMost)
                                                               : 0;
  };
  if (const auto workers = count("minWorkers")) config.instances.count = static_cast<unsigned>(workers);
  if (const auto rows = count("batchSize")) {
    config.batching.max_batch = rows;
    std::erase_if(config.batching.preferred, [rows](std::size_t each) { return each > rows; });
  }
  if (const auto delay = count("maxBatchDelay")) {
    config.batching.max_delay = std::chrono::milliseconds{delay};
    config.batching.target_p99.reset();
  }
  if (const auto timeout = count("responseTimeout"))
    config.queue.default_timeout = std::chrono::seconds{timeout};
}

/// What the last version in a snapshot was made from.
std::string archive_of(const Json& versions, const std::string& model) {
  std::string archive = model + ".mar";
  if (!versions.is_object()) return archive;
  for (const Json& version : versions)
    if (version.is_object() && version.contains("marName") && version.at("marName").is_string())
      archive = version.at("marName").get<std::string>();
  return archive.substr(archive.rfind('/') + 1);
}

/// By model, by version, as TorchServe's `models` has them.
Json read_models(Reader& reader, ServeConfig& config) {
  const std::string* text = reader.find("models");
  const std::string* snapshot = text == nullptr ? reader.find("model_snapshot") : nullptr;
  if (text == nullptr && snapshot == nullptr) return {};
  Json models = Json::parse(text == nullptr ? *snapshot : *text, nullptr, false);
  if (snapshot != nullptr && models.is_object()) models = models.value("models", Json::object());
  if (!models.is_object())
    return reader.fail(text == nullptr ? "model_snapshot" : "models", "not a JSON object"), Json{};
  if (snapshot != nullptr && !config.load) config.load.emplace();
  for (const auto& [model, versions] : models.items()) {
    const bool has_one = versions.is_object() && versions.size() == 1 && versions.begin()->is_object();
    if (!has_one)
      config.warnings.push_back(fmt::format(
          "models: {}: settings of several versions are those of the model: the last version's hold", model));
    if (snapshot != nullptr) add_to_load(model, archive_of(versions, model), config);
  }
  return models;
}

void read_model_settings(Reader& reader, ServeConfig& config) {
  const Defaults defaults{.workers = reader.count("default_workers_per_model"),
                          .queue = reader.count("job_queue_size"),
                          .timeout_s = reader.count("default_response_timeout")};
  config.torchserve_default_workers = static_cast<std::int32_t>(defaults.workers.value_or(0));
  config.change_model = [defaults, models = read_models(reader, config)](const std::string& model,
                                                                         models::ModelConfig& settings) {
    defaults.apply(settings);
    const auto versions = models.find(model);
    if (versions == models.end() || !versions->is_object()) return Status{};
    for (const Json& version : *versions)
      if (version.is_object()) apply(version, settings);
    return Status{};
  };
}

void note_unused(const Reader& reader, ServeConfig& config) {
  for (const auto& [key, value] : reader.all()) {
    if (key == kAlwaysOn || std::ranges::find(kUsed, key) != kUsed.end()) continue;
    const auto unused = std::ranges::find(kUnused, key, &UnusedKey::name);
    config.warnings.push_back(unused == kUnused.end()
                                  ? fmt::format("{}: unknown key", key)
                                  : fmt::format("{} is not used: {}", key, unused->instead));
  }
}

void take_variables(Properties& properties, const Environment& environment) {
  const auto enabled = properties.find("enable_envvars_config");
  if (enabled == properties.end() || upper(enabled->second) != "TRUE") return;
  const auto take = [&](std::string_view key) {
    const std::string variable = key.starts_with("ts_") ? upper(key) : "TS_" + upper(key);
    if (auto value = environment(variable)) properties[std::string{key}] = *std::move(value);
  };
  std::ranges::for_each(kUsed, take);
  for (const UnusedKey& key : kUnused) take(key.name);
}

}  // namespace

std::expected<std::filesystem::path, std::string> read_torchserve_config_text(std::string_view text,
                                                                              const std::string& name,
                                                                              const Environment& environment,
                                                                              ServeConfig& config) {
  auto parsed = parse_java_properties(text);
  if (!parsed) return std::unexpected(fmt::format("{}: {}", name, parsed.error()));
  Properties properties;
  for (auto& [key, value] : *parsed) {
    if (const Done done = substitute(value, environment); !done)
      return std::unexpected(fmt::format("{}: {}: {}", name, key, done.error()));
    properties[key] = std::move(value);
  }
  take_variables(properties, environment);
  Reader reader{std::move(properties), name};
  read_addresses(reader, config);
  read_tokens(reader, config);
  read_load_models(reader, config);
  read_model_settings(reader, config);
  if (const auto bytes = reader.count("max_request_size")) config.max_receive_message_bytes = *bytes;
  if (const auto threads = reader.count("number_of_netty_threads"))
    config.threads = static_cast<unsigned>(*threads);
  config.torchserve_changes_models = reader.flag("enable_model_api").value_or(true);
  note_unused(reader, config);
  if (!reader.error().empty()) return std::unexpected(reader.error());
  return reader.text("model_store");
}

std::expected<std::filesystem::path, std::string> read_torchserve_config(const std::filesystem::path& file,
                                                                         const Environment& environment,
                                                                         ServeConfig& config) {
  std::ifstream stream{file, std::ios::binary};
  std::ostringstream text;
  if (!stream || !(text << stream.rdbuf()))
    return std::unexpected(fmt::format("cannot read {}: {}", file.string(), std::strerror(errno)));
  return read_torchserve_config_text(text.view(), file.string(), environment, config);
}

}  // namespace parlance::app
