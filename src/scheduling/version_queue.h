#pragma once

#include <memory>
#include <vector>

#include "models/model_version.h"
#include "scheduling/batch_record.h"
#include "scheduling/version_counters.h"

namespace parlance::scheduling {

/// Where the requests of one loaded version wait. Shared: a worker that has answered a version's last request
/// may still be in here when the version is unloaded.
class VersionQueue {
 public:
  /// `loaded` lives as long as requests come.
  VersionQueue(const models::LoadedVersion& loaded, std::shared_ptr<VersionCounters> counters)
      : counters_(std::move(counters)), instances_(loaded.instances), runs_inline_(loaded.runs_on_loop) {}

  /// Whether requests are run where they come, without waiting.
  bool runs_inline() const { return runs_inline_; }
  VersionCounters& counters() { return *counters_; }
  unsigned instances() const { return instances_.load(); }
  void set_instances(unsigned instances) { instances_.store(instances); }

 private:
  const std::shared_ptr<VersionCounters> counters_;
  std::atomic<unsigned> instances_;
  const bool runs_inline_;
};

/// What a version keeps of its queue.
class QueueCompanion final : public models::VersionCompanion {
 public:
  explicit QueueCompanion(std::shared_ptr<VersionQueue> queue) : queue_(std::move(queue)) {}
  VersionQueue& queue() const { return *queue_; }

 private:
  const std::shared_ptr<VersionQueue> queue_;
};

}  // namespace parlance::scheduling
