#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduling/statistics.h"
#include "scheduling/version_counters.h"

namespace parlance::scheduling {

class VersionQueue;

/// The counters of every version that ever was, and the queue of each that is loaded. Thread-safe.
class StatisticsTable {
 public:
  /// The counters of that version, which go on where they were when it was last loaded.
  std::shared_ptr<VersionCounters> counters(const std::string& model, std::int64_t version);
  /// `queue` is where that version's requests wait from now on.
  void set_queue(const std::string& model, std::int64_t version, std::weak_ptr<VersionQueue> queue);

  /// Null when that version is not loaded.
  std::shared_ptr<VersionQueue> queue(std::string_view model, std::int64_t version) const;
  /// By model and version.
  std::vector<VersionStatistics> all() const;

 private:
  struct Entry {
    std::shared_ptr<VersionCounters> counters = std::make_shared<VersionCounters>();
    std::weak_ptr<VersionQueue> queue;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::int64_t>, Entry> entries_;  // guarded by mutex_
};

}  // namespace parlance::scheduling
