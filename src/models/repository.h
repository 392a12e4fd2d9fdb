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
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "models/backend_registry.h"
#include "models/model_version.h"
#include "models/repository_scan.h"
#include "models/version_loader.h"

namespace parlance::models {

/// Makes what a layer above keeps of a version (its queue), once that is warm and before it is READY. From
/// the thread that loads; `loaded` lives longer than what is made.
using MakeCompanion = std::function<std::unique_ptr<VersionCompanion>(
    const std::string& model, std::int64_t version, const LoadedVersion& loaded)>;

struct RepositoryOptions {
  std::filesystem::path root;
  /// Models that must have a READY version for ready(); none named: those that the first load() found.
  std::vector<std::string> required;
  /// Runs of one model that may compute at the same time, each on one thread; 0: as many as there are cores.
  unsigned threads_per_model = 0;
  /// Models whose run is at most this long run on the caller's event loop. To hand a run to a worker and its
  /// result back costs two wake-ups, 10 to 50 µs; and for a fifth of a millisecond a loop that also serves
  /// others may be busy without their noticing.
  Duration loop_run_limit = std::chrono::microseconds{200};
  /// Empty: versions have no companion.
  MakeCompanion make_companion = {};
};

/// Called with where a version stands after each change, one call at a time, in the order of the changes, on
/// the thread that made the change. It may ask the repository anything, but may neither change it nor begin
/// or end a subscription.
using VersionListener = std::function<void(const VersionStatus&)>;

/// The models of one folder: loads them, says where each version stands, and pins versions for those who use
/// them. The only source of readiness. Thread-safe.
class Repository {
 public:
  Repository(RepositoryOptions options, BackendRegistry backends);
  ~Repository();
  Repository(const Repository&) = delete;
  Repository& operator=(const Repository&) = delete;

  /// Looks at the folder and loads, one after the other, every version that is not loaded: new ones, and
  /// those that are FAILED or UNLOADED. Takes as long as it takes; never on an event loop. A version that
  /// cannot be loaded becomes FAILED and keeps no other from serving. NOT_FOUND when the folder cannot be
  /// read.
  Status load();

  /// Pins `version` of `model`; 0: the highest that is READY. NOT_FOUND, naming what there is, for a model or
  /// version that does not exist; UNAVAILABLE with state and reason for one that is not READY.
  Result<ModelHandle> find(std::string_view model, std::int64_t version = 0) const;

  /// Takes a READY version out of service, waits until nobody uses it any more and frees it. NOT_FOUND as
  /// find(); FAILED_PRECONDITION when it is not READY or DRAINING; DEADLINE_EXCEEDED when it is still in use
  /// at `deadline`: it then stays DRAINING, and another unload() waits on.
  Status unload(std::string_view model, std::int64_t version, Deadline deadline = Deadline::never());

  /// Whether every required model has a READY version; false when none is required or load() never came so
  /// far.
  bool ready() const;
  /// Whether that model has a READY version.
  bool ready(std::string_view model) const;
  /// The models that ready() asks for, by name; empty before the first load() when none were named.
  std::vector<std::string> required() const;
  /// Every version, by model and version.
  std::vector<VersionStatus> versions() const;

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
  using Versions = std::map<std::int64_t, std::shared_ptr<ModelVersion>>;
  struct Pending {
    std::shared_ptr<ModelVersion> version;
    FoundVersion found;
  };

  std::vector<Pending> enlist(const FoundModel& found);
  void load_model(const FoundModel& found, const std::vector<Pending>& pending);
  void load_one(const Pending& pending, const ModelConfig& config);
  void change(ModelVersion& version, VersionState state, std::string reason = {});
  std::shared_ptr<ModelVersion> find_version(std::string_view model, std::int64_t version,
                                             Status& why_not) const;
  Status no_such_model(std::string_view model) const;
  static bool has_ready(const Versions& versions);

  const RepositoryOptions options_;
  const BackendRegistry backends_;
  const VersionLoaderOptions loader_options_;

  std::mutex change_mutex_;  // held through load() and unload()

  mutable std::shared_mutex catalog_mutex_;
  std::map<std::string, Versions, std::less<>> catalog_;  // guarded by catalog_mutex_
  std::optional<std::set<std::string>> found_first_;      // guarded by catalog_mutex_

  std::mutex listeners_mutex_;                          // held while listeners are called
  std::map<std::uint64_t, VersionListener> listeners_;  // guarded by listeners_mutex_
  std::uint64_t next_listener_ = 0;                     // guarded by listeners_mutex_
};

}  // namespace parlance::models
