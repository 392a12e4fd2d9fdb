#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "models/backend_registry.h"
#include "models/catalog.h"
#include "models/folder_watch.h"
#include "models/model_version.h"
#include "models/repository_scan.h"
#include "models/tfserving_config.h"
#include "models/version_drain.h"
#include "models/version_loader.h"

namespace parlance::models {

/// Makes what a layer above keeps of a version (its queue), once that is warm and before it is READY. From
/// the thread that loads; `loaded` lives longer than what is made.
using MakeCompanion = std::function<std::unique_ptr<VersionCompanion>(
    const std::string& model, std::int64_t version, const LoadedVersion& loaded)>;

struct RepositoryOptions {
  /// A folder of models, or TF Serving's models.config.
  std::filesystem::path root;
  /// Models that must have a READY version for ready(), which is true from the start when that is an empty
  /// list; nothing: those that the first load() found.
  std::optional<std::vector<std::string>> required = {};
  /// Runs of one model that may compute at the same time, each on one thread; 0: as many as there are cores.
  unsigned threads_per_model = 0;
  /// Models whose run is at most this long run on the caller's event loop. To hand a run to a worker and its
  /// result back costs two wake-ups, 10 to 50 µs; and for a fifth of a millisecond a loop that also serves
  /// others may be busy without their noticing.
  Duration loop_run_limit = std::chrono::microseconds{200};
  /// Empty: versions have no companion.
  MakeCompanion make_companion = {};
  /// From the first load() on, changes in the folder are seen and followed, as refresh() does.
  bool watch = false;
  /// Made to what the files of each model say before it is loaded, under any ConfigChange of its own. Empty:
  /// nothing.
  std::function<Status(const std::string& model, ModelConfig& config)> change = {};
  /// What is wrong with the folder as a whole while it is watched. On the thread that watches.
  std::function<void(std::string_view)> warn = {};
};

/// Called with where a version stands after each change, one call at a time, in the order of the changes, on
/// the thread that made the change. It may ask the repository anything, but may neither change it nor begin
/// or end a subscription.
using VersionListener = std::function<void(const VersionStatus&)>;

/// The models of one folder: loads them, says where each version stands, and pins versions for those who use
/// them. The only source of readiness. Thread-safe: find() and unload() wait for no load.
///
/// A version that is loaded while one of its model serves is loaded and warmed up at low priority, and then
/// takes the other's place between two requests: whoever holds the old one ends on it, and it is freed when
/// nobody does any more. When the load fails the old one stays, with the reason in its status.
class Repository {
 public:
  Repository(RepositoryOptions options, BackendRegistry backends);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  /// Looks at the folder and loads, one after the other, what the models' policies ask for and is not loaded:
  /// new versions, those that are FAILED or UNLOADED, and those whose files changed; then takes out of
  /// service what no policy asks for any more. Takes as long as it takes; never on an event loop. A version
  /// that cannot be loaded becomes FAILED and keeps no other from serving. NOT_FOUND when the folder cannot
  /// be read.
  Status load();
  /// Loads one model anew, all versions that its policy asks for or the one given, whether files changed or
  /// not. NOT_FOUND for a model or version that has no folder; FAILED_PRECONDITION, with the reasons, when a
  /// version cannot be loaded.
  Status load(std::string_view model, std::int64_t version = 0);
  /// The same with `change` made to what the model's files say. It holds until the next load by name.
  Status load(std::string_view model, std::int64_t version, ConfigChange change);
  /// From now on `models` are served and no others, whatever the folder has. What their policies ask for and
  /// is not loaded is loaded, as load() does; all else is taken out of service. INVALID_ARGUMENT for a model
  /// whose folder lies outside of folder().
  Status serve(std::vector<ServedModel> models);
  /// As load(), but only what changed: versions that were unloaded by hand, or failed and have the same files
  /// as then, stay as they are. What is called when RepositoryOptions::watch sees a change.
  Status refresh();
  /// The process is about to end: a load under way is given up where its engine can do that, none is begun
  /// any more, and runs that could hold up the end are ended. From any thread; for good.
  void stop();

  /// Pins `version` of `model`; 0: the default of its configuration, else the highest that is READY.
  /// NOT_FOUND, naming what there is, for a model or version that does not exist; UNAVAILABLE with state and
  /// reason for one that is not READY.
  Result<ModelHandle> find(std::string_view model, std::int64_t version = 0) const;
  /// The same of a label, a number in decimal, or nothing: version 0.
  Result<ModelHandle> find(std::string_view model, std::string_view version_or_label) const;

  /// Takes a READY version out of service, 0: all of them, waits until nobody uses it any more and it is
  /// freed. It stays UNLOADED until a load(). NOT_FOUND as find(); FAILED_PRECONDITION when it is not READY
  /// or DRAINING; DEADLINE_EXCEEDED when it is still in use at `deadline`: it is then freed later.
  Status unload(std::string_view model, std::int64_t version = 0, Deadline deadline = Deadline::never());

  /// From now on `version`, which need not be READY, is what a caller of `model` gets who names none,
  /// whatever the model's files say. NOT_FOUND as find().
  Status set_default(std::string_view model, std::int64_t version);

  /// Whether every required model is ready; false when the first load() found none, or never came so far.
  bool ready() const;
  /// Whether a request for that model that names no version is served.
  bool ready(std::string_view model) const;
  /// The models that ready() asks for, by name; none before the first load() unless some were named.
  std::vector<std::string> required() const;
  /// Where models are: the root, or where models.config lies.
  std::filesystem::path folder() const;
  /// Every version, by model and version.
  std::vector<VersionStatus> versions() const;
  /// What callers may call the versions of a model; none for a model there is not.
  std::map<std::string, std::int64_t> labels(std::string_view model) const;

  /// As long as it lives, the listener is called. When its destructor returns the listener has been called
  /// for the last time. Must not outlive the repository.
  class Subscription {
   public:
    Subscription(Subscription&& other) noexcept
        : repository_(std::exchange(other.repository_, nullptr)), id_(other.id_) {}
    Subscription& operator=(Subscription&&) = delete;
    ~Subscription();

   private:
    friend class Repository;
    Subscription(Repository* repository, std::uint64_t id) : repository_(repository), id_(id) {}
    Repository* repository_;
    std::uint64_t id_;
  };
  [[nodiscard]] Subscription subscribe(VersionListener listener);

 private:
  /// How much a load does.
  struct Extent {
    bool unchanged = false;                   // also what is READY from the same files
    bool held_back = true;                    // also what was unloaded by hand
    bool failed_before = true;                // also what failed from the same files
    std::int64_t version = 0;                 // only that one, whatever the policy says
    std::optional<ConfigChange> change = {};  // from now on, in place of the one from before
  };

  Result<ModelConfig> configured(const FoundModel& found, const ConfigChange& change) const;
  Result<std::vector<FoundModel>> find_all() const;
  std::vector<std::filesystem::path> watched_folders() const;
  Status load_all(const Extent& extent);
  void start_watch();
  void warn(std::string_view warning) const;
  void announce(const FoundModel& found);
  void forget_gone(const std::vector<FoundModel>& found);
  Status load_model(const FoundModel& found, const Extent& extent);
  std::vector<std::int64_t> plan(ModelEntry& entry, const FoundModel& found, const ModelConfig& config,
                                 const Extent& extent);
  Status load_version_of(ModelEntry& entry, const FoundModel& found, std::int64_t version,
                         const ModelConfig& config);
  Result<std::unique_ptr<LoadedVersion>> load_and_warm(const FoundVersion& found, const ModelConfig& config,
                                                       ModelVersion& version, bool serves);
  void fail_model(ModelEntry& entry, const FoundModel& found, const std::string& reason);
  void retire(const std::string& model, ModelEntry& entry, const std::set<std::int64_t>& wanted);

  /// Changes a slot, if there is one, and tells listeners where it then stands when `make_change` says so.
  void change(const std::string& model, std::int64_t version,
              const std::function<bool(VersionSlot&)>& make_change);
  void enter_slot(const std::string& model, std::int64_t version);
  void note_condition(const ModelVersion& version);
  std::shared_ptr<ModelVersion> begin_load(const std::string& model, std::int64_t version,
                                           VersionSlot::Origin origin, bool by_hand);
  void note_warming(ModelVersion& version);
  void note_failure(ModelVersion& version, const std::string& reason);
  bool take_place(const std::shared_ptr<ModelVersion>& version, std::unique_ptr<LoadedVersion> loaded);
  Result<std::shared_ptr<ModelVersion>> begin_drain(const std::string& model, std::int64_t version);
  void note_freed(ModelVersion& version, const MemoryReceipt& receipt);
  Result<ModelHandle> pin(const Result<VersionSlot*>& slot, std::string_view model) const;

  const RepositoryOptions options_;
  const BackendRegistry backends_;
  std::stop_source stop_;
  const VersionLoaderOptions loader_options_;
  const std::shared_ptr<DrainSignal> drain_signal_ = std::make_shared<DrainSignal>();

  std::mutex listeners_mutex_;                          // held through a change and the calls that tell of it
  std::map<std::uint64_t, VersionListener> listeners_;  // guarded by listeners_mutex_
  std::uint64_t next_listener_ = 0;                     // guarded by listeners_mutex_
  bool closed_ = false;  // nothing changes any more; guarded by listeners_mutex_

  mutable std::shared_mutex catalog_mutex_;           // after listeners_mutex_
  Catalog catalog_;                                   // guarded by catalog_mutex_
  std::optional<std::set<std::string>> found_first_;  // guarded by catalog_mutex_
  std::optional<std::vector<ServedModel>> served_;    // of serve(); guarded by catalog_mutex_

  VersionDrain drain_;  // its thread tells of what it freed

  std::mutex watch_mutex_;
  std::unique_ptr<FolderWatch> watch_;  // guarded by watch_mutex_; last: its thread loads
};

}  // namespace parlance::models
