#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "models/model_config.h"
#include "models/model_version.h"
#include "models/version_state.h"

namespace parlance::models {

/// A version number and all that is known of it: what serves, and what is to take its place.
struct VersionSlot {
  /// What a load was made from; another load is due when it differs.
  struct Origin {
    std::uint64_t files = 0;  // fingerprint() of the version's folder and the files beside it
    ModelConfig config;       // without `versions`
    bool operator==(const Origin&) const = default;
  };

  std::shared_ptr<ModelVersion> current;  // serves, or was the last; null only before the first load
  std::shared_ptr<ModelVersion> next;     // loads or warms up while `current` is READY
  std::string reason;                     // of FAILED
  Reload reload;
  std::optional<MemoryReceipt> receipt;
  std::vector<std::string> warnings;
  Duration load_time{};
  std::uint64_t loads = 0;
  Origin origin;           // of the last attempt
  bool by_hand = false;    // loaded by name, so wanted whatever the policy says
  bool held_back = false;  // unloaded by hand: only a load by hand brings it back

  bool is(VersionState state) const { return current != nullptr && current->state() == state; }
};

/// Everything there is under one name.
struct ModelEntry {
  std::mutex loading;   // held by who loads versions of it; locked before anything else
  ConfigChange change;  // of the last load by name; empty: as the files say; guarded by loading
  std::map<std::int64_t, VersionSlot> versions;
  VersionsConfig config;            // labels and default as they hold now
  std::int64_t chosen_default = 0;  // by a caller, before that of `config`; 0: none
};

/// The models by name, and what callers may call them. Not thread-safe.
class Catalog {
 public:
  using Models = std::map<std::string, std::shared_ptr<ModelEntry>, std::less<>>;

  Models& models() { return models_; }
  const Models& models() const { return models_; }

  /// The entry of that name, made when there is none.
  const std::shared_ptr<ModelEntry>& enter(const std::string& model);
  /// Null when there is none.
  ModelEntry* find(std::string_view model) const;

  /// What `version` of `model` means; 0: its default. NOT_FOUND, naming what there is.
  Result<VersionSlot*> find(std::string_view model, std::int64_t version) const;
  /// The same of a label.
  Result<VersionSlot*> find_label(std::string_view model, std::string_view label) const;

  /// Whether who names no version is served.
  bool ready(std::string_view model) const;

 private:
  Status no_such_model(std::string_view model) const;

  Models models_;
};

VersionStatus status_of(const std::string& model, std::int64_t version, const VersionSlot& slot);

/// UNAVAILABLE with state and reason, for a version that is not READY.
Status not_ready(const VersionStatus& status);

}  // namespace parlance::models
