#include "app/load_reporter.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <utility>

namespace parlance::app {
namespace {

using Statistics = std::vector<scheduling::VersionStatistics>;

constexpr std::chrono::seconds kPeriod{1};

struct Sums {
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;  // for whatever reason, but the caller's leaving
  std::uint64_t busy = 0;    // requests that wait, runs under way
  std::uint64_t instances = 0;
};

Sums sums_of(const Statistics& statistics) {
  Sums sums;
  for (const scheduling::VersionStatistics& version : statistics) {
    const std::uint64_t failed = version.fail.count + version.expired.count + version.refused.count;
    sums.failed += failed;
    sums.ended += version.success.count + version.cancelled.count + failed;
    sums.busy += version.waiting + version.running;
    sums.instances += version.instances;
  }
  return sums;
}

double process_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

services::LoadReport load_report(const Statistics& before, const Statistics& now, Duration elapsed,
                                 double cpu_cores) {
  const Sums earlier = sums_of(before);
  const Sums later = sums_of(now);
  const double seconds = std::chrono::duration<double>(elapsed).count();
  services::LoadReport report;
  report.requests_per_second = static_cast<double>(later.ended - earlier.ended) / seconds;
  report.errors_per_second = static_cast<double>(later.failed - earlier.failed) / seconds;
  report.cpu_utilization = cpu_cores / std::max(1U, std::thread::hardware_concurrency());
  if (later.instances > 0) {
    report.application_utilization = static_cast<double>(later.busy) / static_cast<double>(later.instances);
  }
  return report;
}

LoadReporter::LoadReporter(const scheduling::Scheduler& scheduler,
                           std::shared_ptr<services::LoadFigures> figures)
    : scheduler_(scheduler), figures_(std::move(figures)), thread_([this] { run(); }) {}

LoadReporter::~LoadReporter() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  stopping_.notify_one();
  thread_.join();
}

void LoadReporter::run() {
  Statistics before = scheduler_.statistics();
  TimePoint measured_at = Clock::now();
  double cpu_seconds = process_cpu_seconds();
  std::unique_lock lock{mutex_};
  while (!stopping_.wait_for(lock, kPeriod, [this] { return stopped_; })) {
    Statistics now = scheduler_.statistics();
    const Duration elapsed = Clock::now() - std::exchange(measured_at, Clock::now());
    const double cpu_before = std::exchange(cpu_seconds, process_cpu_seconds());
    const double cpu_cores = (cpu_seconds - cpu_before) / std::chrono::duration<double>(elapsed).count();
    figures_->set(load_report(before, now, elapsed, cpu_cores));
    before = std::move(now);
  }
}

}  // namespace parlance::app
