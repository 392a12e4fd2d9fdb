#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>

#include "base/deadline.h"
#include "scheduling/statistics.h"

namespace parlance::scheduling {

/// How a request ended.
enum class Outcome : std::uint8_t { kSuccess, kFail, kCancelled, kExpired, kRefused };

/// What a run took.
struct RunTimes {
  Duration input{};   // putting the inputs together
  Duration infer{};   // the engine
  Duration output{};  // taking the outputs apart

  Duration total() const { return input + infer + output; }
};

/// The counters of one version. Any thread at any time, without a lock: every thread adds to a shard of its
/// own, as long as there are not more threads than shards.
class VersionCounters {
 public:
  VersionCounters() = default;
  VersionCounters(const VersionCounters&) = delete;
  VersionCounters& operator=(const VersionCounters&) = delete;

  /// A request ended, `took` after it came.
  void ended(Outcome outcome, Duration took);
  /// A request was run, alone or with others.
  void ran(Duration queued, const RunTimes& times);
  /// A run of `rows` ended at `now`.
  void executed(std::size_t rows, const RunTimes& times, TimePoint now);
  void dead_work(std::uint64_t requests = 1) { add(kDeadWork, requests); }
  void late_work(std::uint64_t requests = 1) { add(kLateWork, requests); }
  /// A request was not run, and ended so.
  void saved_work(Outcome outcome) { bump(shard().saved[static_cast<std::size_t>(outcome)], 1); }
  void copied(std::uint64_t bytes) { add(kCopiedBytes, bytes); }

  /// All but model, version and what is so at the moment.
  void fill(VersionStatistics& statistics) const;

 private:
  static constexpr std::size_t kShards = 8;
  /// Runs with up to so many rows are counted in the shard, others under a lock.
  static constexpr std::size_t kSmallRows = 32;
  static constexpr std::size_t kOutcomes = 5;

  enum Counter : std::size_t {
    kDeadWork,
    kLateWork,
    kCopiedBytes,
    kRows,
    kQueued,
    kQueuedNs,
    kInputNs,
    kInferNs,
    kOutputNs,
    kCounters
  };
  using Count = std::atomic<std::uint64_t>;
  using Histogram = std::array<Count, kLatencyBoundsUs.size() + 1>;
  struct RowCounts {
    Count runs, input_ns, infer_ns, output_ns;
  };
  struct alignas(64) Shard {
    std::array<Count, kCounters> counts{};
    std::array<Count, kOutcomes> ended{};
    std::array<Count, kOutcomes> ended_ns{};
    std::array<Count, kOutcomes> saved{};
    Histogram queue{};
    Histogram compute{};
    std::array<RowCounts, kSmallRows + 1> by_rows{};
    std::atomic<TimePoint::rep> last_run{0};  // 0: none
  };

  static std::size_t shard_of_thread();
  Shard& shard() { return shards_[shard_of_thread()]; }
  static void bump(Count& count, std::uint64_t by) { count.fetch_add(by, std::memory_order_relaxed); }
  void add(Counter counter, std::uint64_t by) { bump(shard().counts[counter], by); }
  std::uint64_t sum(Counter counter) const;
  DurationSum ended_sum(Outcome outcome) const;
  std::uint64_t saved_sum(Outcome outcome) const;
  void fill_histograms(VersionStatistics& statistics) const;
  void fill_batches(VersionStatistics& statistics) const;

  std::array<Shard, kShards> shards_;
  mutable std::mutex mutex_;
  std::map<std::size_t, BatchSizeStatistics> large_;  // guarded by mutex_
};

}  // namespace parlance::scheduling
