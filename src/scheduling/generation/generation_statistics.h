#pragma once

#include <cstddef>
#include <cstdint>

#include "base/latency_histogram.h"
#include "generation/step_planner.h"
#include "scheduling/statistics.h"

namespace parlance::scheduling {

/// What a GenerationLoop has counted since it was made.
struct GenerationStatistics {
  // How sequences ended.
  std::uint64_t stopped = 0;       // an end token, a stop string, or a grammar that lets nothing follow
  std::uint64_t complete = 0;      // max_tokens
  std::uint64_t failed = 0;        // the engine or the sampler
  std::uint64_t unloaded = 0;      // open when the loop was stopped
  std::uint64_t slow_readers = 0;  // paused for too long
  /// Those that did not go to their end, by why, and `refused` at once.
  SavedWork saved;
  /// Tokens that those of `saved` who were open might still have been given, up to their max_tokens.
  std::uint64_t saved_tokens = 0;

  DurationSum steps;                // of the engine, failed ones too
  std::uint64_t failed_steps = 0;   // all sequences of such a step have failed
  std::uint64_t prompt_tokens = 0;  // of all sequences that were begun
  std::uint64_t tokens = 0;         // made
  std::uint64_t pauses = 0;         // times that a reader was behind by a whole window
  /// Its cached_tokens are the prefix hits: prompt tokens not computed anew.
  generation::PlannerCounters planner;
  /// From GenerationLoop::start() until the first token was made.
  LatencyHistogram time_to_first_token;
  /// Between the tokens of a sequence, but not where it paused.
  LatencyHistogram inter_token;

  // After the last step.
  std::size_t running = 0;
  std::size_t waiting = 0;
  std::size_t paused = 0;
  std::size_t pages = 0;         // there are
  std::size_t pages_in_use = 0;  // of sequences
  std::size_t pages_known = 0;   // that hold a prefix which might be wanted again, in use or not

  /// Both together, as those of one loop.
  GenerationStatistics& operator+=(const GenerationStatistics& other);
};

}  // namespace parlance::scheduling
