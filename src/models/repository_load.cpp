#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <ranges>
#include <tuple>

#include "grpc/error_details.h"
#include "models/load_failure.h"
#include "models/low_priority.h"
#include "models/model_source.h"
#include "models/repository.h"
#include "models/version_choice.h"
#include "models/warm_up.h"

// What is loaded, and in which order.
namespace parlance::models {
namespace {

namespace fs = std::filesystem;

std::vector<std::int64_t> numbers_of(const FoundModel& found) {
  std::vector<std::int64_t> numbers;
  for (const FoundVersion& each : found.versions) numbers.push_back(each.version);
  return numbers;
}

const FoundVersion* find_version(const FoundModel& found, std::int64_t version) {
  const auto at = std::ranges::find(found.versions, version, &FoundVersion::version);
  return at == found.versions.end() ? nullptr : &*at;
}

VersionSlot::Origin origin_of(const FoundModel& found, std::int64_t version, ModelConfig config) {
  config.versions = {};
  const FoundVersion* folder = find_version(found, version);
  return {.files = folder == nullptr ? 0 : fingerprint(found, *folder), .config = std::move(config)};
}

/// What to do about a model file that lies where its version's folder should.
std::string advice_on_file(const FoundModel& found, const BackendRegistry& backends) {
  std::error_code error;
  for (fs::directory_iterator entries{found.folder, error}; !error && entries != fs::directory_iterator{};
       entries.increment(error)) {
    if (backends.find_for(entries->path()) == nullptr) continue;
    if (found.name.find_first_not_of("0123456789") == std::string::npos)
      return "; this looks like a version: the repository is the folder above its model's";
    const std::string file = entries->path().filename().string();
    return fmt::format("; {} belongs into one: {}/1/{}", file, found.name, file);
  }
  return {};
}

std::string no_version_reason(const FoundModel& found, const BackendRegistry& backends) {
  std::error_code error;
  if (!fs::is_directory(found.folder, error)) return "the model's folder is not there";
  const std::string others = fmt::format("{}", fmt::join(found.not_versions, ", "));
  return "no version: a version is a folder named by a positive whole number" +
         (others.empty() ? advice_on_file(found, backends) : ", which these are not: " + others);
}

Status not_loaded(const std::string& model, std::int64_t version, std::string_view reason) {
  std::string message = fmt::format("Model \"{}\"", model);
  if (version != 0) message += fmt::format(" version {}", version);
  return grpc::make_error(StatusCode::kFailedPrecondition, "MODEL_NOT_LOADED",
                          fmt::format("{} cannot be loaded: {}", message, reason), {{"hop", "server"}});
}

Status no_folder(std::string_view model, const std::vector<FoundModel>& found) {
  std::vector<std::string_view> names;
  for (const FoundModel& each : found) names.push_back(each.name);
  return grpc::make_error(StatusCode::kNotFound, "MODEL_NOT_FOUND",
                          fmt::format("Model \"{}\" has no folder in the repository; there are: {}", model,
                                      names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "))),
                          {{"hop", "server"}, {"observed", std::string{model}}});
}

}  // namespace

Result<ModelConfig> Repository::configured(const FoundModel& found, const ConfigChange& change) const {
  Result<ModelConfig> config = config_of(found);
  Status status;
  if (config && options_.change) status = options_.change(found.name, *config);
  if (config && status.ok() && change) status = change(*config);
  if (!status.ok()) return std::unexpected{std::move(status)};
  return config;
}

Status Repository::load() {
  start_watch();  // first: what changes from now on is seen
  return load_all({});
}

Status Repository::refresh() { return load_all({.held_back = false, .failed_before = false}); }

Status Repository::load(std::string_view model, std::int64_t version) { return load(model, version, {}); }

Status Repository::load(std::string_view model, std::int64_t version, ConfigChange change) {
  const Result<std::vector<FoundModel>> all = find_all();
  if (!all) return all.error();
  const auto found = std::ranges::find(*all, model, &FoundModel::name);
  if (found == all->end()) return no_folder(model, *all);
  if (version != 0 && find_version(*found, version) == nullptr)
    return grpc::make_error(
        StatusCode::kNotFound, "MODEL_VERSION_NOT_FOUND",
        fmt::format(
            "Model \"{}\" has no version {}; available: {}", model, version,
            found->versions.empty() ? "none" : fmt::format("{}", fmt::join(numbers_of(*found), ", "))),
        {{"hop", "server"}, {"observed", std::to_string(version)}});
  announce(*found);
  return load_model(*found, {.unchanged = true, .version = version, .change = std::move(change)});
}

/// A model that cannot be loaded says so itself.
Status Repository::load_all(const Extent& extent) {
  const Result<std::vector<FoundModel>> found = find_all();
  if (!found) return found.error();
  for (const FoundModel& model : *found) announce(model);
  {
    const std::unique_lock lock{catalog_mutex_};
    if (!found_first_) {
      found_first_.emplace();
      for (const FoundModel& model : *found) found_first_->insert(model.name);
    }
  }
  for (const FoundModel& model : *found) {
    if (stop_.stop_requested()) return {};
    std::ignore = load_model(model, extent);
  }
  forget_gone(*found);
  return {};
}

/// Versions that are about to be loaded for the first time are LOADING from the start, not unknown.
void Repository::announce(const FoundModel& found) {
  const Result<ModelConfig> config = config_of(found);
  std::set<std::int64_t> chosen{0};
  if (!found.versions.empty())
    chosen = chosen_versions(config ? config->versions : VersionsConfig{}, numbers_of(found));
  const std::unique_lock lock{catalog_mutex_};
  ModelEntry& entry = *catalog_.enter(found.name);
  if (!entry.versions.empty()) return;
  if (config) entry.config = config->versions;
  for (const std::int64_t version : chosen)
    entry.versions[version].current = std::make_shared<ModelVersion>(found.name, version, drain_signal_);
}

void Repository::start_watch() {
  if (!options_.watch) return;
  const std::lock_guard lock{watch_mutex_};
  if (watch_ != nullptr) return;
  watch_ = std::make_unique<FolderWatch>([this] { return watched_folders(); },
                                         [this] {
                                           const Status status = refresh();
                                           if (!status.ok()) warn(status.message());
                                         },
                                         [this](std::string_view warning) { warn(warning); });
}

void Repository::warn(std::string_view warning) const {
  if (options_.warn) options_.warn(warning);
}

/// OK when all that was to be loaded is, else the first reason.
Status Repository::load_model(const FoundModel& found, const Extent& extent) {
  std::shared_ptr<ModelEntry> entry;
  {
    const std::unique_lock lock{catalog_mutex_};
    entry = catalog_.enter(found.name);
  }
  const std::lock_guard loading{entry->loading};
  if (extent.change) entry->change = *extent.change;
  const Result<ModelConfig> config = configured(found, entry->change);
  if (!config) entry->change = {};
  if (!config || found.versions.empty()) {
    const std::string reason =
        config ? no_version_reason(found, backends_) : std::string{config.error().message()};
    fail_model(*entry, found, reason);
    return not_loaded(found.name, 0, reason);
  }
  Status first;
  for (const std::int64_t version : plan(*entry, found, *config, extent)) {
    Status status = load_version_of(*entry, found, version, *config);
    if (first.ok()) first = std::move(status);
  }
  std::set<std::int64_t> wanted = chosen_versions(config->versions, numbers_of(found));
  bool all_serve = true;
  {
    // Labels mean what they meant until what they mean now is there.
    const std::unique_lock lock{catalog_mutex_};
    entry->config = config->versions;
    for (const auto& [version, slot] : entry->versions) {
      if (slot.by_hand && find_version(found, version) != nullptr) wanted.insert(version);
      if (wanted.contains(version)) all_serve &= slot.is(VersionState::kReady) || slot.held_back;
    }
  }
  if (all_serve) retire(found.name, *entry, wanted);
  return first;
}

/// The versions to load, ascending, of those that are wanted; slots that never came to anything are dropped.
std::vector<std::int64_t> Repository::plan(ModelEntry& entry, const FoundModel& found,
                                           const ModelConfig& config, const Extent& extent) {
  std::set<std::int64_t> wanted = chosen_versions(config.versions, numbers_of(found));
  const std::unique_lock lock{catalog_mutex_};
  std::erase_if(entry.versions, [&](const auto& each) {
    const auto& [version, slot] = each;
    const bool never_served = slot.is(VersionState::kLoading) || slot.is(VersionState::kFailed);
    const bool is_gone = slot.is(VersionState::kUnloaded) && find_version(found, version) == nullptr;
    return (never_served || is_gone) && !wanted.contains(version);
  });
  for (const auto& [version, slot] : entry.versions)
    if (slot.by_hand && find_version(found, version) != nullptr) wanted.insert(version);
  if (extent.version != 0) wanted = {extent.version};

  std::vector<std::int64_t> due;
  for (const std::int64_t version : wanted) {
    const auto slot = entry.versions.find(version);
    if (slot == entry.versions.end() || extent.unchanged) {
      due.push_back(version);
    } else if (slot->second.held_back) {
      if (extent.held_back) due.push_back(version);
    } else {
      const bool failed =
          slot->second.is(VersionState::kFailed) || slot->second.reload.state == Reload::State::kFailed;
      const bool settled = failed ? !extent.failed_before : slot->second.is(VersionState::kReady);
      if (!settled || slot->second.origin != origin_of(found, version, config)) due.push_back(version);
    }
  }
  return due;
}

Status Repository::load_version_of(ModelEntry& entry, const FoundModel& found, std::int64_t version,
                                   const ModelConfig& config) {
  const bool by_hand = !chosen_versions(config.versions, numbers_of(found)).contains(version);
  bool serves = false;
  {
    const std::shared_lock lock{catalog_mutex_};
    serves = std::ranges::any_of(entry.versions | std::views::values,
                                 [](const VersionSlot& slot) { return slot.is(VersionState::kReady); });
  }
  const std::shared_ptr<ModelVersion> load =
      begin_load(found.name, version, origin_of(found, version, config), by_hand);
  const FoundVersion* folder = find_version(found, version);
  Result<std::unique_ptr<LoadedVersion>> loaded =
      folder == nullptr ? std::unexpected{Status{StatusCode::kFailedPrecondition,
                                                 "the version has no folder, and the policy asks for it"}}
                        : load_and_warm(*folder, config, *load, serves);
  if (!loaded) {
    note_failure(*load, std::string{loaded.error().message()});
    return not_loaded(found.name, version, loaded.error().message());
  }
  if (take_place(load, *std::move(loaded))) return {};
  return not_loaded(found.name, version, "it was unloaded meanwhile");
}

/// While others of the model serve, what takes the processor is done at low priority; what takes locks is
/// not.
Result<std::unique_ptr<LoadedVersion>> Repository::load_and_warm(const FoundVersion& found,
                                                                 const ModelConfig& config,
                                                                 ModelVersion& version, bool serves) {
  Result<std::unique_ptr<LoadedVersion>> loaded;
  if (stop_.stop_requested()) return load_failure("the server is stopping");
  const auto load = [&] { loaded = load_version(found, config, backends_, loader_options_); };
  serves ? run_at_low_priority_with_threads(load) : load();
  if (!loaded) return loaded;
  note_warming(version);
  Status warm;
  const auto warm_it = [&] {
    warm = warm_up(**loaded, found.folder.parent_path(), loader_options_.loop_run_limit);
  };
  serves ? run_at_low_priority(warm_it) : warm_it();
  if (!warm.ok()) return std::unexpected{Status{warm.code(), fmt::format("warm-up: {}", warm.message())}};
  (*loaded)->model->watch_condition([this, &version] { note_condition(version); });
  if (options_.make_companion)
    (*loaded)->companion = options_.make_companion(version.model(), version.version(), **loaded);
  return loaded;
}

}  // namespace parlance::models
