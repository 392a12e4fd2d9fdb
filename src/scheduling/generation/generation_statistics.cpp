#include "scheduling/generation/generation_statistics.h"

namespace parlance::scheduling {
namespace {

void add(LatencyHistogram& sum, const LatencyHistogram& other) {
  for (std::size_t i = 0; i < sum.counts.size(); ++i) sum.counts[i] += other.counts[i];
  sum.ns += other.ns;
}

}  // namespace

GenerationStatistics& GenerationStatistics::operator+=(const GenerationStatistics& other) {
  stopped += other.stopped;
  complete += other.complete;
  failed += other.failed;
  unloaded += other.unloaded;
  slow_readers += other.slow_readers;
  saved.cancelled += other.saved.cancelled;
  saved.expired += other.saved.expired;
  saved.refused += other.saved.refused;
  saved_tokens += other.saved_tokens;
  steps.count += other.steps.count;
  steps.ns += other.steps.ns;
  failed_steps += other.failed_steps;
  prompt_tokens += other.prompt_tokens;
  tokens += other.tokens;
  pauses += other.pauses;
  planner.computed_tokens += other.planner.computed_tokens;
  planner.cached_tokens += other.planner.cached_tokens;
  planner.recomputed_tokens += other.planner.recomputed_tokens;
  planner.preemptions += other.planner.preemptions;
  add(time_to_first_token, other.time_to_first_token);
  add(inter_token, other.inter_token);
  running += other.running;
  waiting += other.waiting;
  paused += other.paused;
  pages += other.pages;
  pages_in_use += other.pages_in_use;
  pages_known += other.pages_known;
  return *this;
}

}  // namespace parlance::scheduling
