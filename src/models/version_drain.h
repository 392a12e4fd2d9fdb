#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "models/model_version.h"
#include "models/version_state.h"

namespace parlance::models {

/// Frees versions that were taken out of service, each as soon as nobody uses it any more, on a thread of its
/// own: who unloads or reloads need not wait for those who still hold a handle.
class VersionDrain {
 public:
  /// Called on that thread when a version was freed, with its receipt.
  using Freed = std::function<void(const std::shared_ptr<ModelVersion>& version, MemoryReceipt receipt)>;

  VersionDrain(std::shared_ptr<DrainSignal> signal, Freed freed);
  /// What is still in use is freed with its last handle, without a receipt.
  ~VersionDrain();
  VersionDrain(const VersionDrain&) = delete;
  VersionDrain& operator=(const VersionDrain&) = delete;

  /// `version` is DRAINING, and stays so until it is freed.
  void add(std::shared_ptr<ModelVersion> version);

 private:
  struct Entry {
    std::shared_ptr<ModelVersion> version;
    std::size_t pinned;
    TimePoint began;
  };

  void work();
  void free(const Entry& entry) const;

  const std::shared_ptr<DrainSignal> signal_;
  const Freed freed_;
  std::mutex mutex_;
  std::vector<Entry> entries_;  // guarded by mutex_
  std::thread thread_;          // last: it uses all the others
};

}  // namespace parlance::models
