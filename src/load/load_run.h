#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "load/plan.h"
#include "load/tally.h"
#include "load/worker.h"
#include "net/loop.h"

namespace parlance::load {

/// What became of one step.
struct StepResult {
  Step step;
  Duration length;  // as it was
  Tally tally;
  double calls_per_second() const;
};

/// What is to be told while a load runs: since it was asked last.
struct Progress {
  Duration elapsed = Duration::zero();  // since the beginning
  std::size_t step = 0;
  bool warming_up = false;
  double calls_per_second = 0;
  double messages_per_second = 0;
  Duration p50 = Duration::zero();
  Duration p99 = Duration::zero();
  std::uint64_t failed = 0;  // in all
};

/// A load on one server: loops of its own that make the calls of a plan. Used by one thread that runs no
/// loop; its functions block no longer than a turn of the loops, connect() excepted.
class LoadRun {
 public:
  explicit LoadRun(Plan plan);
  /// Stops it when it runs.
  ~LoadRun();
  LoadRun(const LoadRun&) = delete;
  LoadRun& operator=(const LoadRun&) = delete;

  /// Makes every connection; with why one of them cannot be made.
  Status connect(Deadline deadline);
  /// Begins the warm-up or the first step.
  void begin();
  /// Whether everything has ended.
  bool done() const { return running_.load(std::memory_order_acquire) == 0; }
  /// Ends it early: no more calls, those under way are cancelled and count as unfinished.
  void stop();
  Progress progress();
  /// The steps that began; once done().
  std::vector<StepResult> results() const;

  const Plan& plan() const { return plan_; }

 private:
  // A loop with its worker, which lives on it.
  struct Part {
    net::LoopThread thread;
    std::unique_ptr<Worker> worker;
  };

  const Plan plan_;
  std::vector<std::unique_ptr<Part>> parts_;
  std::atomic<std::size_t> running_ = 0;
  TimePoint began_at_;
  TimePoint asked_at_;
  std::uint64_t calls_before_ = 0;
  std::uint64_t messages_before_ = 0;
};

}  // namespace parlance::load
