#pragma once

#include <chrono>
#include <map>
#include <string>
#include <utility>

#include "app/log.h"
#include "models/repository.h"

namespace parlance::app {

/// Writes to the log what becomes of models while the server runs: what was loaded or could not be, what
/// serves on although its reload failed, and what each version that was freed gave back. Both arguments must
/// outlive it.
class ModelLog {
 public:
  /// Begins with what the configurations of the models there are ask for and is not done.
  ModelLog(models::Repository& repository, const Log& log);

 private:
  struct Seen {
    std::uint64_t loads = 0;
    std::chrono::system_clock::time_point freed;
  };

  void on_change(const models::VersionStatus& status);
  void warn(const models::VersionStatus& status) const;

  const Log& log_;
  // Of the listener, which is called once at a time.
  std::map<std::pair<std::string, std::int64_t>, Seen> seen_;
  models::Repository::Subscription subscription_;
};

/// Of the memory that a version gave back: before, after, who still used it, how long they were waited for.
LogFields receipt_fields(const models::VersionStatus& status, const models::MemoryReceipt& receipt);

}  // namespace parlance::app
