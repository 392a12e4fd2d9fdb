#include "models/repository.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <ranges>
#include <thread>

#include "grpc/error_details.h"

namespace parlance::models {
namespace {

VersionLoaderOptions loader_options(const RepositoryOptions& options, std::stop_token stop) {
  const unsigned threads =
      options.threads_per_model > 0 ? options.threads_per_model : std::thread::hardware_concurrency();
  return {.backend = {.instances = std::max(threads, 1U), .stop = std::move(stop)},
          .loop_run_limit = options.loop_run_limit};
}

/// Those that are READY or DRAINING; the highest when there are none.
std::vector<std::int64_t> numbers_in_service(const ModelEntry& entry) {
  std::vector<std::int64_t> numbers;
  for (const auto& [number, slot] : entry.versions)
    if (slot.is(VersionState::kReady) || slot.is(VersionState::kDraining)) numbers.push_back(number);
  if (numbers.empty()) numbers.push_back(entry.versions.rbegin()->first);
  return numbers;
}

}  // namespace

Repository::Repository(RepositoryOptions options, BackendRegistry backends)
    : options_(std::move(options)),
      backends_(std::move(backends)),
      loader_options_(loader_options(options_, stop_.get_token())),
      drain_(drain_signal_, [this](const std::shared_ptr<ModelVersion>& version,
                                   const MemoryReceipt& receipt) { note_freed(*version, receipt); }) {}

/// Engines are still there, and tell of themselves, while the members go.
Repository::~Repository() {
  stop();
  const std::lock_guard telling{listeners_mutex_};
  closed_ = true;
}

void Repository::stop() { stop_.request_stop(); }

Result<ModelHandle> Repository::pin(const Result<VersionSlot*>& slot, std::string_view model) const {
  if (!slot) return std::unexpected{slot.error()};
  const std::shared_ptr<ModelVersion>& version = (*slot)->current;
  const LoadedVersion* loaded = version == nullptr ? nullptr : version->pin();
  if (loaded != nullptr) return ModelHandle{version, loaded};
  const std::int64_t number = version == nullptr ? 0 : version->version();
  return std::unexpected{not_ready(status_of(std::string{model}, number, **slot))};
}

// Pinned under the lock: with it a version that serves cannot be taken out of service in between.
Result<ModelHandle> Repository::find(std::string_view model, std::int64_t version) const {
  const std::shared_lock lock{catalog_mutex_};
  return pin(catalog_.find(model, version), model);
}

Result<ModelHandle> Repository::find(std::string_view model, std::string_view version_or_label) const {
  if (version_or_label.empty()) return find(model);
  std::int64_t version = 0;
  const char* end = version_or_label.data() + version_or_label.size();
  const auto [rest, error] = std::from_chars(version_or_label.data(), end, version);
  if (error == std::errc{} && rest == end) return find(model, version);
  const std::shared_lock lock{catalog_mutex_};
  return pin(catalog_.find_label(model, version_or_label), model);
}

Status Repository::unload(std::string_view model, std::int64_t version, Deadline deadline) {
  std::vector<std::int64_t> numbers{version};
  {
    const std::shared_lock lock{catalog_mutex_};
    const ModelEntry* entry = catalog_.find(model);
    if (entry == nullptr || version != 0) {
      if (const Result<VersionSlot*> meant = catalog_.find(model, version); !meant) return meant.error();
    } else {
      numbers = numbers_in_service(*entry);
    }
  }
  std::vector<std::shared_ptr<ModelVersion>> leaving;
  for (const std::int64_t number : numbers) {
    Result<std::shared_ptr<ModelVersion>> begun = begin_drain(std::string{model}, number);
    if (!begun) return begun.error();
    leaving.push_back(*std::move(begun));
  }
  for (const std::shared_ptr<ModelVersion>& each : leaving)
    if (!each->wait_until_gone(deadline))
      return grpc::make_error(
          StatusCode::kDeadlineExceeded, "MODEL_IN_USE",
          fmt::format("Model \"{}\" version {} is still in use", each->model(), each->version()),
          {{"hop", "server"}});
  return {};
}

bool Repository::ready(std::string_view model) const {
  const std::shared_lock lock{catalog_mutex_};
  return catalog_.ready(model);
}

bool Repository::ready() const {
  const std::shared_lock lock{catalog_mutex_};
  const auto all_ready = [&](const auto& names) {
    return std::ranges::all_of(names, [&](const std::string& name) { return catalog_.ready(name); });
  };
  if (options_.required) return all_ready(*options_.required);
  return found_first_ && !found_first_->empty() && all_ready(*found_first_);
}

std::vector<std::string> Repository::required() const {
  const std::shared_lock lock{catalog_mutex_};
  if (options_.required) {
    const std::set<std::string> names{options_.required->begin(), options_.required->end()};
    return {names.begin(), names.end()};
  }
  if (!found_first_) return {};
  return {found_first_->begin(), found_first_->end()};
}

std::vector<VersionStatus> Repository::versions() const {
  const std::shared_lock lock{catalog_mutex_};
  std::vector<VersionStatus> all;
  for (const auto& [model, entry] : catalog_.models())
    for (const auto& [version, slot] : entry->versions) all.push_back(status_of(model, version, slot));
  return all;
}

std::map<std::string, std::int64_t> Repository::labels(std::string_view model) const {
  const std::shared_lock lock{catalog_mutex_};
  const ModelEntry* entry = catalog_.find(model);
  return entry == nullptr ? std::map<std::string, std::int64_t>{} : entry->config.labels;
}

Status Repository::set_default(std::string_view model, std::int64_t version) {
  const std::unique_lock lock{catalog_mutex_};
  const Result<VersionSlot*> slot = catalog_.find(model, version);
  if (!slot) return slot.error();
  catalog_.find(model)->chosen_default = version;
  return {};
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
