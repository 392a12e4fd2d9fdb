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

/// What a balancer should know of the server's load, from what the scheduler counted before and has counted
/// now, `elapsed` apart: requests and failures a second, and the application's utilization, which is the
/// requests that run or wait for each instance there is. `cpu_cores`: how many cores' time the process took.
services::LoadReport load_report(const std::vector<scheduling::VersionStatistics>& before,
                                 const std::vector<scheduling::VersionStatistics>& now, Duration elapsed,
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
