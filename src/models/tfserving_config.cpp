#include "models/tfserving_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <expected>

#include "grpc/error_details.h"
#include "models/config/text_proto.h"
#include "tfserving/model_server_config.pb.h"

namespace parlance::models {
namespace {

VersionsConfig versions_of(const tfserving::ModelConfig& model) {
  const tfserving::ServableVersionPolicy& policy = model.model_version_policy();
  VersionsConfig versions;
  versions.policy = VersionsConfig::Policy::kLatest;
  if (policy.has_all()) versions.policy = VersionsConfig::Policy::kAll;
  if (policy.has_latest()) versions.latest = std::max(policy.latest().num_versions(), 1U);
  if (policy.has_specific()) {
    versions.policy = VersionsConfig::Policy::kSpecific;
    versions.specific.assign(policy.specific().versions().begin(), policy.specific().versions().end());
  }
  for (const auto& label : model.version_labels())
    versions.labels.insert_or_assign(label.key(), label.value());
  return versions;
}

ServedModel served(const tfserving::ModelConfig& model, const std::filesystem::path& folder) {
  ServedModel served{.name = model.name(),
                     .folder = folder / model.base_path(),  // an absolute one stays as it is
                     .versions = versions_of(model),
                     .warnings = {}};
  const std::string& platform = model.model_platform();
  if (!platform.empty() && platform != "tensorflow")
    served.warnings.push_back(
        fmt::format("model_platform \"{}\": the engine is chosen by the model file", platform));
  if (model.has_logging_config()) served.warnings.emplace_back("logging_config is not supported");
  return served;
}

/// The models by name; a text for what is wrong.
std::expected<std::vector<ServedModel>, std::string> served_models(const tfserving::ModelServerConfig& config,
                                                                   const std::filesystem::path& folder) {
  if (config.has_custom_model_config()) return std::unexpected{"custom_model_config is not supported"};
  std::vector<ServedModel> models;
  for (const tfserving::ModelConfig& model : config.model_config_list().config()) {
    if (model.name().empty() || model.base_path().empty())
      return std::unexpected{"a model needs name and base_path"};
    if (std::ranges::find(models, model.name(), &ServedModel::name) != models.end())
      return std::unexpected{
          fmt::format("Illegal to list model {} multiple times in config list", model.name())};
    models.push_back(served(model, folder));
  }
  std::ranges::sort(models, {}, &ServedModel::name);
  return models;
}

}  // namespace

Result<std::vector<ServedModel>> parse_models_config(const std::string& text, const std::string& name,
                                                     const std::filesystem::path& folder) {
  tfserving::ModelServerConfig file;
  if (Status status = config::read_text_proto(text, name, file); !status.ok())
    return std::unexpected{std::move(status)};
  auto models = served_models(file, folder);
  if (models) return *std::move(models);
  return std::unexpected{
      Status{StatusCode::kFailedPrecondition, fmt::format("{}: {}", name, models.error())}};
}

Result<std::vector<ServedModel>> read_models_config(Bytes message, const std::filesystem::path& folder) {
  tfserving::ModelServerConfig sent;
  const bool is_whole = sent.ParseFromArray(message.data(), static_cast<int>(message.size()));
  auto models = is_whole ? served_models(sent, folder) : std::unexpected{"the configuration is cut off"};
  if (models) return *std::move(models);
  return std::unexpected{grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                                          std::move(models).error(), {{"hop", "server"}})};
}

}  // namespace parlance::models
