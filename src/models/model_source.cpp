#include "models/model_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "models/file_text.h"
#include "models/tfserving_config.h"
#include "models/triton_config.h"

namespace parlance::models {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModelsConfig = "models.config";

Result<std::string> read_text(const fs::path& file, const std::string& name) {
  std::optional<std::string> text = read_file_text(file);
  if (text) return *std::move(text);
  return std::unexpected{Status{StatusCode::kFailedPrecondition, fmt::format("{}: cannot be read", name)}};
}

/// The models.config that `root` is or has; empty when there is none.
fs::path models_config_of(const fs::path& root) {
  std::error_code error;
  if (fs::is_regular_file(root, error)) return root;
  const fs::path file = root / kModelsConfig;
  return fs::is_regular_file(file, error) ? file : fs::path{};
}

Result<std::vector<ServedModel>> read_models_config(const fs::path& file) {
  const std::string name = file.filename().string();
  const Result<std::string> text = read_text(file, name);
  if (!text) return std::unexpected{text.error()};
  return parse_models_config(*text, name, file.parent_path());
}

FoundModel found_elsewhere(const ServedModel& served) {
  FoundModel found = scan_model(served.folder);
  found.name = served.name;
  found.versions_config = served.versions;
  found.warnings = served.warnings;
  return found;
}

/// Where the engine needs no files there need be no version folder, which git would not keep: version 1 it
/// is.
void add_version_without_files(FoundModel& found, const BackendRegistry& backends) {
  if (!found.versions.empty() || !found.not_versions.empty()) return;
  const Result<ModelConfig> config = config_of(found);
  const Backend* backend = config ? backends.find(config->backend) : nullptr;
  if (backend != nullptr && backend->extensions().empty()) found.versions.push_back({1, found.folder / "1"});
}

Result<ModelConfig> read_config(const FoundModel& found) {
  const fs::path yaml = found.folder / "model.yaml";
  const fs::path pbtxt = found.folder / "config.pbtxt";
  const std::string pbtxt_name = found.name + "/config.pbtxt";
  if (fs::exists(yaml)) {
    Result<ModelConfig> config = read_model_config(yaml, found.name + "/model.yaml");
    if (config && fs::exists(pbtxt))
      config->warnings.push_back(pbtxt_name + " is not read: there is a model.yaml");
    return config;
  }
  if (!fs::exists(pbtxt)) return ModelConfig{};
  const Result<std::string> text = read_text(pbtxt, pbtxt_name);
  if (!text) return std::unexpected{text.error()};
  return parse_triton_config(*text, pbtxt_name, found.name);
}

}  // namespace

Result<ModelConfig> config_of(const FoundModel& found) {
  Result<ModelConfig> config = read_config(found);
  if (!config) return config;
  if (found.versions_config) config->versions = *found.versions_config;
  config->warnings.insert(config->warnings.end(), found.warnings.begin(), found.warnings.end());
  return config;
}

Result<std::vector<FoundModel>> find_models(const fs::path& root, const BackendRegistry& backends) {
  const fs::path models_config = models_config_of(root);
  std::vector<FoundModel> found;
  if (root == models_config && backends.find_for(root) != nullptr)
    return std::unexpected{
        Status{StatusCode::kFailedPrecondition,
               fmt::format("{} is a model; a repository is a folder with one below it, as in model/1/{}",
                           root.string(), root.filename().string())}};
  if (root != models_config) {
    Result<std::vector<FoundModel>> scanned = scan_repository(root);
    if (!scanned) return scanned;
    found = *std::move(scanned);
  }
  if (!models_config.empty()) {
    const Result<std::vector<ServedModel>> served = read_models_config(models_config);
    if (!served) return std::unexpected{served.error()};
    for (const ServedModel& model : *served) {
      std::erase_if(found, [&](const FoundModel& each) {
        return each.name == model.name || each.folder == model.folder;
      });
      found.push_back(found_elsewhere(model));
    }
    std::ranges::sort(found, {}, &FoundModel::name);
  }
  for (FoundModel& model : found) add_version_without_files(model, backends);
  return found;
}

std::vector<FoundModel> find_models(const std::vector<ServedModel>& served, const BackendRegistry& backends) {
  std::vector<FoundModel> found;
  for (const ServedModel& model : served) found.push_back(found_elsewhere(model));
  for (FoundModel& model : found) add_version_without_files(model, backends);
  return found;
}

fs::path folder_of(const fs::path& root) {
  std::error_code error;
  if (!fs::is_regular_file(root, error)) return root;
  return root.has_parent_path() ? root.parent_path() : fs::path{"."};
}

std::vector<fs::path> folders_of(const fs::path& root) {
  const fs::path models_config = models_config_of(root);
  std::vector<fs::path> folders{folder_of(root)};
  if (models_config.empty()) return folders;
  if (const Result<std::vector<ServedModel>> served = read_models_config(models_config))
    for (const ServedModel& model : *served) folders.push_back(model.folder);
  return folders;
}

}  // namespace parlance::models
