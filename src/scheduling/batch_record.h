#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/deadline.h"

namespace parlance::scheduling {

/// Why a batch was run when it was, and with what it had.
enum class BatchReason : std::uint8_t {
  kSize,       // as many rows as max_batch allows
  kPreferred,  // a preferred size was reached
  kDelay,      // its first request had waited for max_delay
  kDeadline,   // its earliest deadline left no time to wait for more
  kPriority,   // a request of higher priority than the model's own does not wait for more
  kAlone,      // a request that may not be batched
  kSequence,   // a step of a sequence, on the state of that sequence
};

/// "size" and so on.
std::string_view to_string(BatchReason reason);

/// One run of a version, for people who ask why.
struct BatchRecord {
  std::chrono::system_clock::time_point began;
  std::size_t rows = 0;         // of its requests
  std::size_t padded_rows = 0;  // of zeros, beside them
  std::size_t requests = 0;
  BatchReason reason = BatchReason::kAlone;
  Duration waited{};           // of its first request
  Duration computed{};         // the run, with putting it together and taking it apart
  std::size_t queue_left = 0;  // requests that still waited when it began
};

}  // namespace parlance::scheduling
