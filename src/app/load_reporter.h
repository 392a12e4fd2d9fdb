#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/deadline.h"
#include "scheduling/scheduler.h"
#include "services/load_figures.h"

namespace parlance::app {

/// What the scheduler has counted at one moment.
struct SchedulerCounts {
  std::vector<scheduling::VersionStatistics> runs = {};
  std::vector<scheduling::VersionGeneration> text = {};
};

/// What a balancer should know of the server's load, from what was counted before and has been counted now,
/// `elapsed` apart: requests and failures a second, and how busy the models are. `cpu_cores`: how many cores'
/// time the process took. Utilizations: `kv_cache` is the share of pages that sequences hold, of the model
/// with the least left; the application's is that or the requests that run or wait for each instance there
/// is, whichever is more. Named metrics: `requests_waiting`, `sequences_waiting` and `sequences_running`.
services::LoadReport load_report(const SchedulerCounts& before, const SchedulerCounts& now, Duration elapsed,
                                 double cpu_cores);

/// Measures the load every second and keeps `figures` up to date, which ORCA reports tell.
class LoadReporter {
 public:
  /// `scheduler` outlives it.
  LoadReporter(const scheduling::Scheduler& scheduler, std::shared_ptr<services::LoadFigures> figures);
  ~LoadReporter();

 private:
  void run();

  const scheduling::Scheduler& scheduler_;
  const std::shared_ptr<services::LoadFigures> figures_;
  std::mutex mutex_;
  std::condition_variable stopping_;
  bool stopped_ = false;  // guarded by mutex_
  std::thread thread_;
};

}  // namespace parlance::app
