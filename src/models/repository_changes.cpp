#include "models/repository.h"

#include <algorithm>
#include <ranges>

#include "grpc/error_details.h"

// The steps in the life of a version. Each is made under the catalog's lock, so that find() sees the state
// before or the state after it, and then told to the listeners.
namespace parlance::models {

void Repository::change(const std::string& model, std::int64_t version,
                        const std::function<bool(VersionSlot&)>& make_change) {
  const std::lock_guard telling{listeners_mutex_};
  if (closed_) return;
  VersionStatus status;
  {
    const std::unique_lock lock{catalog_mutex_};
    ModelEntry* entry = catalog_.find(model);
    if (entry == nullptr) return;
    const auto slot = entry->versions.find(version);
    if (slot == entry->versions.end() || !make_change(slot->second)) return;
    status = status_of(model, version, slot->second);
  }
  for (const auto& [id, listener] : listeners_) listener(status);
}

void Repository::enter_slot(const std::string& model, std::int64_t version) {
  const std::unique_lock lock{catalog_mutex_};
  catalog_.enter(model)->versions.try_emplace(version);
}

std::shared_ptr<ModelVersion> Repository::begin_load(const std::string& model, std::int64_t version,
                                                     VersionSlot::Origin origin, bool by_hand) {
  auto load = std::make_shared<ModelVersion>(model, version, drain_signal_);
  enter_slot(model, version);
  change(model, version, [&](VersionSlot& slot) {
    slot.held_back = false;
    slot.by_hand |= by_hand;
    slot.warnings = origin.config.warnings;
    slot.origin = std::move(origin);
    if (slot.is(VersionState::kReady)) {
      slot.next = load;
      slot.reload = {.state = Reload::State::kLoading, .reason = {}};
    } else {
      slot.current = load;
      slot.reason.clear();
      slot.reload = {};
    }
    return true;
  });
  return load;
}

void Repository::note_warming(ModelVersion& version) {
  version.set_state(VersionState::kWarming);
  change(version.model(), version.version(), [&](VersionSlot& slot) {
    if (slot.next.get() == &version) slot.reload.state = Reload::State::kWarming;
    return slot.next.get() == &version || slot.current.get() == &version;
  });
}

void Repository::note_failure(ModelVersion& version, const std::string& reason) {
  change(version.model(), version.version(), [&](VersionSlot& slot) {
    if (slot.next.get() == &version) {
      slot.next = nullptr;
      slot.reload = {.state = Reload::State::kFailed, .reason = reason};
      return true;
    }
    if (slot.current.get() != &version) return false;
    version.set_state(VersionState::kFailed);
    slot.reason = reason;
    slot.load_time = Clock::now() - version.began();
    return true;
  });
}

void Repository::note_condition(const ModelVersion& version) {
  change(version.model(), version.version(), [&](const VersionSlot& slot) {
    return slot.current.get() == &version && slot.is(VersionState::kReady);
  });
}

/// From now on `version` is what callers get; false: it was unloaded by hand while this one was loading, and
/// is not brought back.
bool Repository::take_place(const std::shared_ptr<ModelVersion>& version,
                            std::unique_ptr<LoadedVersion> loaded) {
  std::shared_ptr<ModelVersion> replaced;
  bool serves = false;
  change(version->model(), version->version(), [&](VersionSlot& slot) {
    const bool replaces = slot.next == version;
    serves = replaces || slot.current == version;
    if (!serves) return false;
    version->set_loaded(std::move(loaded));
    version->set_state(VersionState::kReady);
    slot.reload = {};
    slot.load_time = Clock::now() - version->began();
    ++slot.loads;
    if (!replaces) return true;
    replaced = std::exchange(slot.current, std::move(slot.next));
    slot.next = nullptr;
    replaced->set_state(VersionState::kDraining);
    return true;
  });
  if (replaced != nullptr) drain_.add(std::move(replaced));
  return serves;
}

/// By hand: the version stays out of service, also when another was loading to take its place.
Result<std::shared_ptr<ModelVersion>> Repository::begin_drain(const std::string& model,
                                                              std::int64_t version) {
  std::shared_ptr<ModelVersion> leaving;
  bool begins = false;
  Status refused;
  change(model, version, [&](VersionSlot& slot) {
    begins = slot.is(VersionState::kReady);
    if (!begins && !slot.is(VersionState::kDraining)) {
      refused = not_ready(status_of(model, version, slot));
      return false;
    }
    leaving = slot.current;
    leaving->set_state(VersionState::kDraining);
    slot.next = nullptr;
    slot.reload = {};
    slot.held_back = true;
    slot.by_hand = false;
    return begins;
  });
  if (leaving == nullptr)
    return std::unexpected{grpc::make_error(StatusCode::kFailedPrecondition, "MODEL_NOT_UNLOADABLE",
                                            std::string{refused.message()}, {{"hop", "server"}})};
  if (begins) drain_.add(leaving);
  return leaving;
}

void Repository::note_freed(ModelVersion& version, const MemoryReceipt& receipt) {
  version.set_state(VersionState::kUnloaded);
  change(version.model(), version.version(), [&](VersionSlot& slot) {
    slot.receipt = receipt;
    return true;
  });
  version.set_gone();
}

/// Nothing of the model can be loaded: what serves goes on, with the reason; all else is FAILED.
void Repository::fail_model(ModelEntry& entry, const FoundModel& found, const std::string& reason) {
  std::set<std::int64_t> versions;
  bool serves = false;
  {
    const std::shared_lock lock{catalog_mutex_};
    for (const auto& [version, slot] : entry.versions) {
      versions.insert(version);
      serves |= slot.is(VersionState::kReady);
    }
  }
  for (const FoundVersion& each : found.versions) versions.insert(each.version);
  if (versions.empty()) versions.insert(0);
  for (const std::int64_t version : versions) {
    enter_slot(found.name, version);
    change(found.name, version, [&](VersionSlot& slot) {
      slot.origin.files = 0;  // whatever is there next is another attempt
      if (slot.is(VersionState::kReady)) {
        Reload failed{.state = Reload::State::kFailed, .reason = reason};
        return std::exchange(slot.reload, failed) != failed;
      }
      const bool stays = serves || slot.held_back || slot.is(VersionState::kDraining);
      if (stays || (slot.is(VersionState::kFailed) && slot.reason == reason)) return false;
      slot.current = std::make_shared<ModelVersion>(found.name, version, drain_signal_);
      slot.current->set_state(VersionState::kFailed);
      slot.reason = reason;
      return true;
    });
  }
}

/// Takes every READY version out of service that is not wanted; it is freed in the background.
void Repository::retire(const std::string& model, ModelEntry& entry, const std::set<std::int64_t>& wanted) {
  std::vector<std::int64_t> unwanted;
  {
    const std::shared_lock lock{catalog_mutex_};
    for (const auto& [version, slot] : entry.versions)
      if (slot.is(VersionState::kReady) && !wanted.contains(version)) unwanted.push_back(version);
  }
  for (const std::int64_t version : unwanted) {
    std::shared_ptr<ModelVersion> leaving;
    change(model, version, [&](VersionSlot& slot) {
      if (!slot.is(VersionState::kReady)) return false;  // unloaded by hand meanwhile
      slot.current->set_state(VersionState::kDraining);
      slot.reload = {};
      leaving = slot.current;
      return true;
    });
    if (leaving != nullptr) drain_.add(std::move(leaving));
  }
}

/// Takes models out of service whose folder is gone; those that are out of service are forgotten.
void Repository::forget_gone(const std::vector<FoundModel>& found) {
  std::vector<std::pair<std::string, std::shared_ptr<ModelEntry>>> gone;
  {
    const std::unique_lock lock{catalog_mutex_};
    for (const auto& [name, entry] : catalog_.models())
      if (std::ranges::find(found, name, &FoundModel::name) == found.end()) gone.emplace_back(name, entry);
  }
  for (const auto& [name, entry] : gone) {
    const std::lock_guard loading{entry->loading};
    retire(name, *entry, {});
    const std::unique_lock lock{catalog_mutex_};
    const auto is_out = [](const VersionSlot& slot) {
      return slot.is(VersionState::kUnloaded) || slot.is(VersionState::kFailed);
    };
    if (std::ranges::all_of(entry->versions | std::views::values, is_out)) catalog_.models().erase(name);
  }
}

}  // namespace parlance::models
