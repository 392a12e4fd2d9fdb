#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "app/log.h"
#include "models/repository.h"

namespace parlance::app {

/// One version of a model as the start-up report shows it.
struct ModelRow {
  std::string model;
  std::string version;  // "-": the model as a whole
  std::string backend;
  std::string inputs;
  std::string outputs;
  std::string state;
  std::string load_ms;
  std::string reason;  // of FAILED, else empty
};

/// Measures how long each version takes from LOADING to READY or FAILED, from its making on. The repository
/// must outlive it.
class LoadTimes {
 public:
  explicit LoadTimes(models::Repository& repository);
  /// "-" for a version that never got so far.
  std::string text_of(const models::VersionStatus& version) const;

 private:
  using Key = std::pair<std::string, std::int64_t>;
  void on_change(const models::VersionStatus& status);

  mutable std::mutex mutex_;
  std::map<Key, TimePoint> began_;  // guarded by mutex_
  std::map<Key, Duration> took_;    // guarded by mutex_
  models::Repository::Subscription subscription_;
};

std::vector<ModelRow> model_rows(const models::Repository& repository, const LoadTimes& times);

/// The rows as a table, each line ended; a line of its own for each reason of failure.
std::string model_table(const std::vector<ModelRow>& rows);

/// The same as log lines, one a version.
void log_models(const std::vector<ModelRow>& rows, const Log& log);

}  // namespace parlance::app
