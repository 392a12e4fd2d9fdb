#include "models/repository.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>
#include <thread>

#include "grpc/error_details.h"
#include "models/warm_up.h"

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

VersionLoaderOptions loader_options(const RepositoryOptions& options) {
  const unsigned threads =
      options.threads_per_model > 0 ? options.threads_per_model : std::thread::hardware_concurrency();
  return {.backend = {.instances = std::max(threads, 1U)}, .loop_run_limit = options.loop_run_limit};
}

Result<ModelConfig> config_of(const FoundModel& found) {
  if (!std::filesystem::exists(found.folder / "model.yaml")) return ModelConfig{};
  return read_model_config(found.folder / "model.yaml", found.name + "/model.yaml");
}

/// Where the engine needs no files there need be no version folder, which git would not keep: version 1 it
/// is.
void add_version_without_files(FoundModel& found, const BackendRegistry& backends) {
  if (!found.versions.empty() || !found.not_versions.empty()) return;
  const Result<ModelConfig> config = config_of(found);
  const Backend* backend = config ? backends.find(config->backend) : nullptr;
  if (backend != nullptr && backend->extensions().empty()) found.versions.push_back({1, found.folder / "1"});
}

Status not_ready(const VersionStatus& status) {
  std::string message = fmt::format("Model \"{}\"", status.model);
  if (status.version != 0) message += fmt::format(" version {}", status.version);
  message += fmt::format(" is not ready: {}", to_string(status.state));
  if (!status.reason.empty()) message += ": " + status.reason;
  return grpc::make_error(StatusCode::kUnavailable, "MODEL_NOT_READY", std::move(message),
                          {{"hop", "server"}});
}

}  // namespace

Repository::Repository(RepositoryOptions options, BackendRegistry backends)
    : options_(std::move(options)),
      backends_(std::move(backends)),
      loader_options_(loader_options(options_)) {}

Repository::~Repository() = default;

Status Repository::load() {
  const std::lock_guard changing{change_mutex_};
  Result<std::vector<FoundModel>> found = scan_repository(options_.root);
  if (!found) return found.error();
  for (FoundModel& model : *found) add_version_without_files(model, backends_);

  std::vector<std::vector<Pending>> pending;
  for (const FoundModel& model : *found) pending.push_back(enlist(model));
  {
    const std::unique_lock lock{catalog_mutex_};
    if (!found_first_) {
      found_first_.emplace();
      for (const FoundModel& model : *found) found_first_->insert(model.name);
    }
  }
  for (std::size_t i = 0; i < found->size(); ++i) load_model((*found)[i], pending[i]);
  return {};
}

/// Makes LOADING versions of what `found` has and the catalog has not, or has as FAILED or UNLOADED.
std::vector<Repository::Pending> Repository::enlist(const FoundModel& found) {
  std::vector<Pending> pending;
  const std::unique_lock lock{catalog_mutex_};
  Versions& versions = catalog_[found.name];
  if (found.versions.empty() && versions.empty()) {
    pending.push_back({std::make_shared<ModelVersion>(found.name, 0), {}});
    versions.emplace(0, pending.back().version);
  } else if (!found.versions.empty()) {
    versions.erase(0);
  }
  for (const FoundVersion& each : found.versions) {
    std::shared_ptr<ModelVersion>& version = versions[each.version];
    const bool idle = version == nullptr || version->state() == VersionState::kFailed ||
                      version->state() == VersionState::kUnloaded;
    if (!idle) continue;
    version = std::make_shared<ModelVersion>(found.name, each.version);
    pending.push_back({version, each});
  }
  return pending;
}

void Repository::load_model(const FoundModel& found, const std::vector<Pending>& pending) {
  if (pending.empty()) return;
  const Result<ModelConfig> config = config_of(found);
  for (const Pending& each : pending) {
    change(*each.version, VersionState::kLoading);
    if (!config) {
      change(*each.version, VersionState::kFailed, std::string{config.error().message()});
    } else if (each.version->version() == 0) {
      const std::string others = fmt::format("{}", fmt::join(found.not_versions, ", "));
      change(*each.version, VersionState::kFailed,
             "no version: a version is a folder named by a positive whole number" +
                 (others.empty() ? std::string{} : ", which these are not: " + others));
    } else {
      load_one(each, *config);
    }
  }
}

void Repository::load_one(const Pending& pending, const ModelConfig& config) {
  ModelVersion& version = *pending.version;
  Result<std::unique_ptr<LoadedVersion>> loaded =
      load_version(pending.found, config, backends_, loader_options_);
  if (!loaded) return change(version, VersionState::kFailed, std::string{loaded.error().message()});
  change(version, VersionState::kWarming);
  if (const Status status =
          warm_up(**loaded, pending.found.folder.parent_path(), loader_options_.loop_run_limit);
      !status.ok())
    return change(version, VersionState::kFailed, fmt::format("warm-up: {}", status.message()));
  if (options_.make_companion)
    (*loaded)->companion = options_.make_companion(version.model(), version.version(), **loaded);
  version.set_loaded(*std::move(loaded));
  change(version, VersionState::kReady);
}

/// Listeners learn of changes in their order because change_mutex_ is held by whoever makes them.
void Repository::change(ModelVersion& version, VersionState state, std::string reason) {
  version.set_state(state, std::move(reason));
  const VersionStatus status = version.status();
  const std::lock_guard lock{listeners_mutex_};
  for (const auto& [id, listener] : listeners_) listener(status);
}

Status Repository::no_such_model(std::string_view model) const {
  return grpc::make_error(StatusCode::kNotFound, "MODEL_NOT_FOUND",
                          fmt::format("Model \"{}\" not found; available: {}", model, keys(catalog_)),
                          {{"hop", "server"}, {"observed", std::string{model}}});
}

/// Null, with the reason in `why_not`, when there is none. 0: the highest READY version, else the highest.
std::shared_ptr<ModelVersion> Repository::find_version(std::string_view model, std::int64_t version,
                                                       Status& why_not) const {
  const std::shared_lock lock{catalog_mutex_};
  const auto versions = catalog_.find(model);
  if (versions == catalog_.end()) {
    why_not = no_such_model(model);
    return nullptr;
  }
  if (version == 0) {
    for (const auto& each : versions->second | std::views::values | std::views::reverse)
      if (each->state() == VersionState::kReady) return each;
    return versions->second.rbegin()->second;
  }
  const auto found = versions->second.find(version);
  if (found == versions->second.end()) {
    why_not = grpc::make_error(
        StatusCode::kNotFound, "MODEL_VERSION_NOT_FOUND",
        fmt::format("Model \"{}\" has no version {}; available: {}", model, version, keys(versions->second)),
        {{"hop", "server"}, {"observed", std::to_string(version)}});
    return nullptr;
  }
  return found->second;
}

Result<ModelHandle> Repository::find(std::string_view model, std::int64_t version) const {
  Status why_not;
  std::shared_ptr<ModelVersion> found = find_version(model, version, why_not);
  if (found == nullptr) return std::unexpected{std::move(why_not)};
  const LoadedVersion* loaded = found->pin();
  if (loaded == nullptr) return std::unexpected{not_ready(found->status())};
  return ModelHandle{std::move(found), loaded};
}

Status Repository::unload(std::string_view model, std::int64_t version, Deadline deadline) {
  const std::lock_guard changing{change_mutex_};
  Status why_not;
  const std::shared_ptr<ModelVersion> found = find_version(model, version, why_not);
  if (found == nullptr) return why_not;
  if (found->state() == VersionState::kReady) change(*found, VersionState::kDraining);
  if (found->state() != VersionState::kDraining) {
    const Status status = not_ready(found->status());
    return grpc::make_error(StatusCode::kFailedPrecondition, "MODEL_NOT_UNLOADABLE",
                            std::string{status.message()}, {{"hop", "server"}});
  }
  if (!found->drain(deadline))
    return grpc::make_error(
        StatusCode::kDeadlineExceeded, "MODEL_IN_USE",
        fmt::format("Model \"{}\" version {} is still in use", found->model(), found->version()),
        {{"hop", "server"}});
  change(*found, VersionState::kUnloaded);
  return {};
}

bool Repository::has_ready(const Versions& versions) {
  return std::ranges::any_of(versions | std::views::values,
                             [](const auto& each) { return each->state() == VersionState::kReady; });
}

bool Repository::ready(std::string_view model) const {
  const std::shared_lock lock{catalog_mutex_};
  const auto versions = catalog_.find(model);
  return versions != catalog_.end() && has_ready(versions->second);
}

bool Repository::ready() const {
  const std::shared_lock lock{catalog_mutex_};
  const auto all_ready = [&](const auto& names) {
    return !std::ranges::empty(names) && std::ranges::all_of(names, [&](const std::string& name) {
      const auto versions = catalog_.find(name);
      return versions != catalog_.end() && has_ready(versions->second);
    });
  };
  if (!options_.required.empty()) return all_ready(options_.required);
  return found_first_ && all_ready(*found_first_);
}

std::vector<std::string> Repository::required() const {
  const std::shared_lock lock{catalog_mutex_};
  std::set<std::string> names{options_.required.begin(), options_.required.end()};
  if (names.empty() && found_first_) names = *found_first_;
  return {names.begin(), names.end()};
}

std::vector<VersionStatus> Repository::versions() const {
  const std::shared_lock lock{catalog_mutex_};
  std::vector<VersionStatus> all;
  for (const Versions& versions : catalog_ | std::views::values)
    for (const auto& version : versions | std::views::values) all.push_back(version->status());
  return all;
}

Repository::Subscription Repository::subscribe(VersionListener listener) {
  const std::lock_guard lock{listeners_mutex_};
  listeners_.emplace(next_listener_, std::move(listener));
  return {this, next_listener_++};
}

Repository::Subscription::~Subscription() {
  if (repository_ == nullptr) return;
  const std::lock_guard lock{repository_->listeners_mutex_};
  repository_->listeners_.erase(id_);
}

}  // namespace parlance::models
