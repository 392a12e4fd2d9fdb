#include "scheduling/admission.h"

#include <algorithm>

namespace parlance::scheduling {
namespace {

/// Nobody should come back sooner: the answer would be the same.
constexpr Duration kSoonestRetry = std::chrono::milliseconds{1};

}  // namespace

Admission::Load Admission::before(const Waiting& newcomer, const RequestQueue& queue) const {
  Load load;
  RequestQueue::Walk walk = queue.walk();
  for (const Waiting* each = walk.next(); each != nullptr && each != &newcomer; each = walk.next()) {
    ++load.requests;
    load.rows += each->rows;
  }
  return load;
}

/// One after the other on one instance.
Duration Admission::run_all(Load load) const {
  if (load.requests == 0) return Duration::zero();
  if (limits_.max_batch <= 1) {
    const std::size_t rows_each = std::max<std::size_t>(load.rows / load.requests, 1);
    return times_.typical(rows_each) * static_cast<Duration::rep>(load.requests);
  }
  const auto full_runs = static_cast<Duration::rep>(load.rows / limits_.max_batch);
  const std::size_t rest = load.rows % limits_.max_batch;
  Duration all = times_.typical(limits_.max_batch) * full_runs;
  if (rest > 0) all += times_.typical(rest);
  return all;
}

TimePoint Admission::finish(const Waiting& newcomer, Load load, std::span<const Running> running,
                            unsigned instances, TimePoint now) const {
  // Those that share its own run are not before it.
  std::size_t shared = newcomer.rows;
  if (limits_.max_batch > 1 && newcomer.may_batch && !newcomer.is_sequence) {
    const std::size_t rest = load.rows % limits_.max_batch;
    if (rest + newcomer.rows <= limits_.max_batch) {
      shared += rest;
      load.rows -= rest;
      if (load.rows == 0) load.requests = 0;
    }
  }
  Duration work = run_all(load);
  Duration earliest_free = running.size() < instances ? Duration::zero() : Duration::max();
  for (const Running& run : running) {
    const Duration left = std::max(run.began + times_.typical(run.rows) - now, Duration::zero());
    work += left;
    earliest_free = std::min(earliest_free, left);
  }
  const Duration start = std::max(earliest_free, work / std::max(instances, 1U));
  return now + start + times_.conservative(shared);
}

Forecast Admission::forecast(const Waiting& newcomer, const RequestQueue& queue,
                             std::span<const Running> running, unsigned instances, TimePoint now) const {
  // Nobody knows when an engine that lost all its instances has one again.
  const bool is_unknown = instances == 0 || times_.stale(now);
  if (newcomer.deadline.is_never() || limits_.order == models::QueueOrder::kArrival || is_unknown) return {};
  const auto judge = [&](Load load) {
    const TimePoint at = finish(newcomer, load, running, instances, now);
    const Duration late = at - newcomer.deadline.at();
    return Forecast{
        .in_time = late <= Duration::zero(), .finish = at, .retry_in = std::max(late, kSoonestRetry)};
  };
  // All before it is the worst that can be, and cheap to say.
  const Forecast worst = judge({queue.size() - 1, queue.rows() - newcomer.rows});
  return worst.in_time ? worst : judge(before(newcomer, queue));
}

}  // namespace parlance::scheduling
