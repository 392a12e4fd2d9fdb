#include "app/load_reporter.h"

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <utility>

namespace parlance::app {
namespace {

constexpr std::chrono::seconds kPeriod{1};

struct Sums {
  std::uint64_t ended = 0;
  std::uint64_t failed = 0;   // for whatever reason, but the caller's leaving
  std::uint64_t waiting = 0;  // requests in queues
  std::uint64_t running = 0;  // runs under way
  std::uint64_t instances = 0;
  std::uint64_t sequences_waiting = 0;
  std::uint64_t sequences_running = 0;
  double page_use = 0;  // of the model with the fewest free
};

void add(const std::vector<scheduling::VersionStatistics>& runs, Sums& sums) {
  for (const scheduling::VersionStatistics& version : runs) {
    const std::uint64_t failed = version.fail.count + version.expired.count + version.refused.count;
    sums.failed += failed;
    sums.ended += version.success.count + version.cancelled.count + failed;
    sums.waiting += version.waiting;
    sums.running += version.running;
    sums.instances += version.instances;
  }
}

void add(const std::vector<scheduling::VersionGeneration>& text, Sums& sums) {
  for (const scheduling::VersionGeneration& version : text) {
    const scheduling::GenerationStatistics& all = version.statistics;
    const std::uint64_t failed =
        all.failed + all.unloaded + all.slow_readers + all.saved.expired + all.saved.refused;
    sums.failed += failed;
    sums.ended += all.stopped + all.complete + all.saved.cancelled + failed;
    sums.sequences_waiting += all.waiting;
    sums.sequences_running += all.running;
    if (all.pages == 0) continue;
    sums.page_use =
        std::max(sums.page_use, static_cast<double>(all.pages_in_use) / static_cast<double>(all.pages));
  }
}

Sums sums_of(const SchedulerCounts& counts) {
  Sums sums;
  add(counts.runs, sums);
  add(counts.text, sums);
  return sums;
}

SchedulerCounts counts_of(const scheduling::Scheduler& scheduler) {
  return {.runs = scheduler.statistics(), .text = scheduler.generation()};
}

double process_cpu_seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

services::LoadReport load_report(const SchedulerCounts& before, const SchedulerCounts& now, Duration elapsed,
                                 double cpu_cores) {
  const Sums earlier = sums_of(before);
  const Sums later = sums_of(now);
  const double seconds = std::chrono::duration<double>(elapsed).count();
  services::LoadReport report;
  report.requests_per_second = static_cast<double>(later.ended - earlier.ended) / seconds;
  report.errors_per_second = static_cast<double>(later.failed - earlier.failed) / seconds;
  report.cpu_utilization = cpu_cores / std::max(1U, std::thread::hardware_concurrency());
  if (later.instances > 0) {
    report.application_utilization =
        static_cast<double>(later.waiting + later.running) / static_cast<double>(later.instances);
  }
  report.application_utilization = std::max(report.application_utilization, later.page_use);
  report.utilization["kv_cache"] = later.page_use;
  report.named_metrics["requests_waiting"] = static_cast<double>(later.waiting);
  report.named_metrics["sequences_waiting"] = static_cast<double>(later.sequences_waiting);
  report.named_metrics["sequences_running"] = static_cast<double>(later.sequences_running);
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
  SchedulerCounts before = counts_of(scheduler_);
  TimePoint measured_at = Clock::now();
  double cpu_seconds = process_cpu_seconds();
  std::unique_lock lock{mutex_};
  while (!stopping_.wait_for(lock, kPeriod, [this] { return stopped_; })) {
    SchedulerCounts now = counts_of(scheduler_);
    const Duration elapsed = Clock::now() - std::exchange(measured_at, Clock::now());
    const double cpu_before = std::exchange(cpu_seconds, process_cpu_seconds());
    const double cpu_cores = (cpu_seconds - cpu_before) / std::chrono::duration<double>(elapsed).count();
    figures_->set(load_report(before, now, elapsed, cpu_cores));
    before = std::move(now);
  }
}

}  // namespace parlance::app
