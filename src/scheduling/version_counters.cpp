#include "scheduling/version_counters.h"

#include <algorithm>
#include <chrono>

namespace parlance::scheduling {
namespace {

std::uint64_t ns_of(Duration duration) {
  return static_cast<std::uint64_t>(
      std::max<Duration::rep>(std::chrono::duration_cast<std::chrono::nanoseconds>(duration).count(), 0));
}

void add_to(DurationSum& sum, std::uint64_t ns) {
  ++sum.count;
  sum.ns += ns;
}

std::uint64_t value(const std::atomic<std::uint64_t>& count) { return count.load(std::memory_order_relaxed); }

std::chrono::system_clock::time_point to_system(TimePoint at) {
  const auto ago = Clock::now() - at;
  return std::chrono::system_clock::now() - std::chrono::duration_cast<std::chrono::microseconds>(ago);
}

}  // namespace

std::size_t VersionCounters::shard_of_thread() {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return mine;
}

void VersionCounters::ended(Outcome outcome, Duration took) {
  Shard& mine = shard();
  const auto index = static_cast<std::size_t>(outcome);
  bump(mine.ended[index], 1);
  bump(mine.ended_ns[index], ns_of(took));
}

void VersionCounters::ran(Duration queued, const RunTimes& times) {
  Shard& mine = shard();
  bump(mine.queue[latency_bucket(queued)], 1);
  bump(mine.compute[latency_bucket(times.total())], 1);
  const auto count = [&mine](Counter counter, std::uint64_t by) {
    if (by != 0) bump(mine.counts[counter], by);
  };
  count(kQueued, 1);
  count(kQueuedNs, ns_of(queued));
  count(kInputNs, ns_of(times.input));
  count(kInferNs, ns_of(times.infer));
  count(kOutputNs, ns_of(times.output));
}

void VersionCounters::executed(std::size_t rows, const RunTimes& times, TimePoint now) {
  Shard& mine = shard();
  bump(mine.counts[kRows], rows);
  mine.last_run.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  if (rows <= kSmallRows) {
    RowCounts& counts = mine.by_rows[rows];
    bump(counts.runs, 1);
    bump(counts.infer_ns, ns_of(times.infer));
    if (times.input != Duration::zero()) bump(counts.input_ns, ns_of(times.input));
    if (times.output != Duration::zero()) bump(counts.output_ns, ns_of(times.output));
    return;
  }
  const std::lock_guard lock{mutex_};
  BatchSizeStatistics& batch = large_[rows];
  batch.rows = rows;
  add_to(batch.compute_input, ns_of(times.input));
  add_to(batch.compute_infer, ns_of(times.infer));
  add_to(batch.compute_output, ns_of(times.output));
}

std::uint64_t VersionCounters::sum(Counter counter) const {
  std::uint64_t total = 0;
  for (const Shard& each : shards_) total += value(each.counts[counter]);
  return total;
}

DurationSum VersionCounters::ended_sum(Outcome outcome) const {
  DurationSum total;
  for (const Shard& each : shards_) {
    total.count += value(each.ended[static_cast<std::size_t>(outcome)]);
    total.ns += value(each.ended_ns[static_cast<std::size_t>(outcome)]);
  }
  return total;
}

std::uint64_t VersionCounters::saved_sum(Outcome outcome) const {
  std::uint64_t total = 0;
  for (const Shard& each : shards_) total += value(each.saved[static_cast<std::size_t>(outcome)]);
  return total;
}

void VersionCounters::fill_histograms(VersionStatistics& statistics) const {
  for (const Shard& each : shards_) {
    for (std::size_t i = 0; i < each.queue.size(); ++i) {
      statistics.queue_latency.counts[i] += value(each.queue[i]);
      statistics.compute_latency.counts[i] += value(each.compute[i]);
    }
  }
  statistics.queue_latency.ns = statistics.queue.ns;
  statistics.compute_latency.ns =
      statistics.compute_input.ns + statistics.compute_infer.ns + statistics.compute_output.ns;
}

void VersionCounters::fill_batches(VersionStatistics& statistics) const {
  for (std::size_t rows = 0; rows <= kSmallRows; ++rows) {
    BatchSizeStatistics batch{.rows = rows};
    for (const Shard& each : shards_) {
      const RowCounts& counts = each.by_rows[rows];
      batch.compute_infer.count += value(counts.runs);
      batch.compute_input.ns += value(counts.input_ns);
      batch.compute_infer.ns += value(counts.infer_ns);
      batch.compute_output.ns += value(counts.output_ns);
    }
    if (batch.compute_infer.count == 0) continue;
    batch.compute_input.count = batch.compute_output.count = batch.compute_infer.count;
    statistics.batches.push_back(batch);
  }
  const std::lock_guard lock{mutex_};
  for (const auto& [rows, batch] : large_) statistics.batches.push_back(batch);
}

void VersionCounters::fill(VersionStatistics& statistics) const {
  statistics.success = ended_sum(Outcome::kSuccess);
  statistics.fail = ended_sum(Outcome::kFail);
  statistics.cancelled = ended_sum(Outcome::kCancelled);
  statistics.expired = ended_sum(Outcome::kExpired);
  statistics.refused = ended_sum(Outcome::kRefused);
  const std::uint64_t ran = sum(kQueued);
  statistics.queue = {ran, sum(kQueuedNs)};
  statistics.compute_input = {ran, sum(kInputNs)};
  statistics.compute_infer = {ran, sum(kInferNs)};
  statistics.compute_output = {ran, sum(kOutputNs)};
  fill_histograms(statistics);
  fill_batches(statistics);
  statistics.inference_count = sum(kRows);
  for (const BatchSizeStatistics& batch : statistics.batches)
    statistics.execution_count += batch.compute_infer.count;
  TimePoint::rep last = 0;
  for (const Shard& each : shards_) last = std::max(last, each.last_run.load(std::memory_order_relaxed));
  if (last != 0) statistics.last_inference = to_system(TimePoint{Duration{last}});
  statistics.dead_work = sum(kDeadWork);
  statistics.late_work = sum(kLateWork);
  statistics.saved = {.cancelled = saved_sum(Outcome::kCancelled),
                      .expired = saved_sum(Outcome::kExpired),
                      .refused = saved_sum(Outcome::kRefused)};
  statistics.saved_work = statistics.saved.cancelled + statistics.saved.expired + statistics.saved.refused;
  statistics.copied_bytes = sum(kCopiedBytes);
}

}  // namespace parlance::scheduling
