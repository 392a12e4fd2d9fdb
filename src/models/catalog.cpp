#include "models/catalog.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <ranges>

#include "grpc/error_details.h"

namespace parlance::models {
namespace {

/// As many names as a message can carry and a person reads.
constexpr std::size_t kNamesInMessage = 20;

template <typename Map>
std::string keys(const Map& map) {
  std::vector<std::string> names;
  for (const auto& [key, value] : map | std::views::take(kNamesInMessage))
    names.push_back(fmt::format("{}", key));
  if (map.size() > names.size()) names.emplace_back("…");
  return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

Status no_such_version(std::string message, std::string observed) {
  return grpc::make_error(StatusCode::kNotFound, "MODEL_VERSION_NOT_FOUND", std::move(message),
                          {{"hop", "server"}, {"observed", std::move(observed)}});
}

/// The default is a label or a number.
std::int64_t default_version(const VersionsConfig& config) {
  if (const auto label = config.labels.find(config.default_label); label != config.labels.end())
    return label->second;
  std::int64_t version = 0;
  const std::string& text = config.default_label;
  std::from_chars(text.data(), text.data() + text.size(), version);
  return version;
}

std::int64_t default_version(const ModelEntry& entry) {
  return entry.versions.contains(entry.chosen_default) ? entry.chosen_default : default_version(entry.config);
}

/// The highest READY version, else the highest.
VersionSlot& highest(ModelEntry& entry) {
  for (VersionSlot& slot : entry.versions | std::views::values | std::views::reverse)
    if (slot.is(VersionState::kReady)) return slot;
  return entry.versions.rbegin()->second;
}

}  // namespace

const std::shared_ptr<ModelEntry>& Catalog::enter(const std::string& model) {
  std::shared_ptr<ModelEntry>& entry = models_[model];
  if (entry == nullptr) entry = std::make_shared<ModelEntry>();
  return entry;
}

ModelEntry* Catalog::find(std::string_view model) const {
  const auto found = models_.find(model);
  return found == models_.end() || found->second->versions.empty() ? nullptr : found->second.get();
}

Status Catalog::no_such_model(std::string_view model) const {
  return grpc::make_error(StatusCode::kNotFound, "MODEL_NOT_FOUND",
                          fmt::format("Model \"{}\" not found; available: {}", model, keys(models_)),
                          {{"hop", "server"}, {"observed", std::string{model}}});
}

Result<VersionSlot*> Catalog::find(std::string_view model, std::int64_t version) const {
  ModelEntry* entry = find(model);
  if (entry == nullptr) return std::unexpected{no_such_model(model)};
  if (version == 0) version = default_version(*entry);
  if (version == 0) return &highest(*entry);
  const auto found = entry->versions.find(version);
  if (found != entry->versions.end()) return &found->second;
  return std::unexpected{no_such_version(
      fmt::format("Model \"{}\" has no version {}; available: {}", model, version, keys(entry->versions)),
      std::to_string(version))};
}

Result<VersionSlot*> Catalog::find_label(std::string_view model, std::string_view label) const {
  ModelEntry* entry = find(model);
  if (entry == nullptr) return std::unexpected{no_such_model(model)};
  const std::map<std::string, std::int64_t>& labels = entry->config.labels;
  const auto meant = labels.find(std::string{label});
  if (meant == labels.end())
    return std::unexpected{no_such_version(
        fmt::format("Model \"{}\" has no version labelled \"{}\"; labels: {}", model, label, keys(labels)),
        std::string{label})};
  const auto found = entry->versions.find(meant->second);
  if (found != entry->versions.end()) return &found->second;
  return std::unexpected{no_such_version(
      fmt::format("Model \"{}\" label \"{}\" means version {}, which there is not; available: {}", model,
                  label, meant->second, keys(entry->versions)),
      std::string{label})};
}

bool Catalog::ready(std::string_view model) const {
  const Result<VersionSlot*> slot = find(model, 0);
  return slot && (*slot)->is(VersionState::kReady) && (*slot)->current->condition().ok();
}

VersionStatus status_of(const std::string& model, std::int64_t version, const VersionSlot& slot) {
  const Status condition = slot.current == nullptr ? Status{} : slot.current->condition();
  return {.model = model,
          .version = version,
          .state = slot.current == nullptr ? VersionState::kLoading : slot.current->state(),
          .reason = condition.ok() ? slot.reason : std::string{condition.message()},
          .reload = slot.reload,
          .receipt = slot.receipt,
          .warnings = slot.warnings,
          .load_time = slot.load_time,
          .loads = slot.loads};
}

Status not_ready(const VersionStatus& status) {
  std::string message = fmt::format("Model \"{}\"", status.model);
  if (status.version != 0) message += fmt::format(" version {}", status.version);
  message += fmt::format(" is not ready: {}", to_string(status.state));
  if (!status.reason.empty()) message += ": " + status.reason;
  return grpc::make_error(StatusCode::kUnavailable, "MODEL_NOT_READY", std::move(message),
                          {{"hop", "server"}});
}

}  // namespace parlance::models
