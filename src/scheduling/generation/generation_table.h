#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "scheduling/generation/generation_statistics.h"

namespace parlance::scheduling {

class GenerationLoop;

/// What was counted of one version that makes text since the server started, reloads and all.
struct VersionGeneration {
  std::string model;
  std::int64_t version = 0;
  GenerationStatistics statistics;
};

/// The figures of every version that ever made text. Thread-safe.
class GenerationTable {
 public:
  /// The loop of a version that is being loaded. While that version drains there may be two.
  void add(const std::string& model, std::int64_t version, std::shared_ptr<GenerationLoop> loop);
  /// It was stopped: what it counted stays.
  void retire(const std::string& model, std::int64_t version, const GenerationLoop& loop);
  /// By model and version.
  std::vector<VersionGeneration> all() const;

 private:
  struct Entry {
    GenerationStatistics past;  // of loops that are gone
    std::vector<std::shared_ptr<GenerationLoop>> loops;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::int64_t>, Entry> entries_;  // guarded by mutex_
};

}  // namespace parlance::scheduling
