#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dialects/kserve/shared_memory.h"
#include "grpc/message_reader.h"
#include "models/model_config.h"
#include "rpc/server.h"

namespace parlance::app {

using dialects::kserve::SharedMemory;

enum class LogFormat : std::uint8_t { kText, kJson };
/// Who may load and unload models over KServe's protocol, besides who reaches the admin address.
enum class ModelControlMode : std::uint8_t { kNone, kExplicit };
enum class AccessLogMode : std::uint8_t { kOff, kErrors, kAll };

struct TorchServeArchive {
  std::string model;
  std::string file;  // its name in the repository

  bool operator==(const TorchServeArchive&) const = default;
};

/// What `parlance serve` can be told, by flags or by a configuration file.
struct ServeConfig {
  std::vector<std::string> listen = {"[::]:50051"};
  std::vector<std::string> http;                   // more addresses; every one speaks gRPC and HTTP
  std::optional<std::vector<std::string>> admin;   // nothing: kDefaultAdminAddress; none: off
  std::vector<std::string> torchserve;             // more addresses, as http
  std::vector<std::string> torchserve_management;  // of TorchServe's management service alone
  std::string tls_cert;                            // empty: plaintext
  std::string tls_key;
  std::string client_ca;  // empty: clients need no certificate
  unsigned threads = 0;   // 0: one event loop a core
  std::size_t max_receive_message_bytes = grpc::kDefaultMaxReceiveMessageBytes;
  std::size_t memory_bytes = 0;  // 0: half of what the process may have
  std::chrono::milliseconds shutdown_grace{30'000};
  std::chrono::milliseconds resume_grace{30'000};
  std::vector<std::string> require;  // empty: every model of the repository
  bool watch = false;                // changes in the repository are followed
  ModelControlMode model_control = ModelControlMode::kNone;
  SharedMemory::Callers shared_memory = SharedMemory::Callers::kLocal;
  std::string auth_keys_file;  // empty, and no jwks_file: anyone may call
  std::string jwks_file;
  std::string jwt_issuer;         // empty: any
  std::string jwt_audience;       // empty: any
  std::string torchserve_tokens;  // empty: TorchServe's keys are not asked for
  std::chrono::milliseconds torchserve_token_lifetime{std::chrono::hours{1}};  // of keys that are made
  bool torchserve_statuses = false;             // of TorchServe's inference service: TorchServe's own
  double rate_limit = 0;                        // calls a second and client; 0: no limit
  std::size_t max_concurrent_calls = 0;         // 0: no limit
  std::int32_t torchserve_default_workers = 0;  // of models that are registered; 0: as their files say
  bool torchserve_changes_models = true;        // TorchServe's management service may register models
  /// What is loaded at the start; nothing: all that the repository has.
  std::optional<std::vector<std::string>> load;
  /// TorchServe's archives that become versions before anything is loaded, where they lie in the repository.
  std::vector<TorchServeArchive> torchserve_archives;
  bool torchserve_all_archives =
      false;  // every one of the repository, by the names that they give themselves
  /// Made to what the files of each model say, when it is loaded; empty: nothing.
  std::function<Status(const std::string& model, models::ModelConfig& config)> change_model;
  /// What another server's configuration asks for and is not done.
  std::vector<std::string> warnings;
  AccessLogMode access_log = AccessLogMode::kErrors;
  LogFormat log_format = LogFormat::kText;
  LogLevel log_level = LogLevel::kInfo;
};

/// One thing that can be set: the flag `--<name>` and the key `<name>` of the configuration file are made
/// from it, so they cannot differ.
struct ServeSetting {
  std::string_view name;
  std::string_view value_name;  // in the help
  std::string_view help;
  bool repeats = false;  // may be given more than once; a list in the file
  /// Sets it. `values` has at least one element, and just one when it does not repeat. The error says what is
  /// wrong with a value, without the setting's name.
  std::expected<void, std::string> (*assign)(ServeConfig& config, std::span<const std::string> values);
};

/// Every setting, in the order of the help.
std::span<const ServeSetting> serve_settings();

/// What is wrong with the settings taken together, naming them.
std::expected<void, std::string> check(const ServeConfig& config);

}  // namespace parlance::app
