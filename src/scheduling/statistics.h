#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/latency_histogram.h"

namespace parlance::scheduling {

/// How often something was, and how long all of it took together.
struct DurationSum {
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
  bool operator==(const DurationSum&) const = default;
};

/// Runs with one number of rows.
struct BatchSizeStatistics {
  std::size_t rows = 0;
  DurationSum compute_input{};   // putting the inputs together
  DurationSum compute_infer{};   // the engine
  DurationSum compute_output{};  // taking the outputs apart
};

/// Requests that were dropped or refused instead of run, by why.
struct SavedWork {
  std::uint64_t cancelled = 0;  // the caller left
  std::uint64_t expired = 0;    // the deadline passed
  std::uint64_t refused = 0;    // no room, or no time before the deadline
  bool operator==(const SavedWork&) const = default;
};

/// What was counted of one version of a model since the server started, reloads and all.
struct VersionStatistics {
  std::string model;
  std::int64_t version = 0;

  // How requests ended; ns from infer() until then.
  DurationSum success;
  DurationSum fail;       // the engine's errors
  DurationSum cancelled;  // the caller left
  DurationSum expired;    // the deadline passed, before the run or while it was made
  DurationSum refused;    // no room, or no time before the deadline

  // Of requests that were run: each has the whole time of the run that it was part of.
  DurationSum queue;
  DurationSum compute_input;
  DurationSum compute_infer;
  DurationSum compute_output;
  LatencyHistogram queue_latency;
  LatencyHistogram compute_latency;  // input, infer and output

  std::vector<BatchSizeStatistics> batches;              // by rows, ascending
  std::uint64_t inference_count = 0;                     // rows run
  std::uint64_t execution_count = 0;                     // runs
  std::chrono::system_clock::time_point last_inference;  // 1970: none yet

  std::uint64_t dead_work = 0;  // requests run though cancelled or past their deadline when the run began
  std::uint64_t late_work = 0;  // requests whose run began in time, but was for nobody when it ended
  SavedWork saved;
  std::uint64_t saved_work = 0;  // all of these
  std::uint64_t copied_bytes = 0;

  // At the moment.
  std::size_t waiting = 0;
  std::size_t running = 0;    // runs
  unsigned instances = 0;     // 0: not loaded
  std::size_t sequences = 0;  // open ones
  Duration max_delay{};       // as the model's configuration says, or its controller found it
};

}  // namespace parlance::scheduling
