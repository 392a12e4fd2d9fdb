#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "base/deadline.h"

namespace parlance::scheduling {

/// Below every priority that a request can have.
inline constexpr std::uint32_t kLowestPriority = std::numeric_limits<std::uint32_t>::max();

/// What the decisions about a request that waits are made of. Its owner keeps it alive, unmoved and
/// unchanged while it is in a queue.
struct Waiting {
  std::uint64_t number = 0;  // of its arrival, ascending
  TimePoint arrived{};
  Deadline deadline;
  std::uint32_t priority = kLowestPriority;  // 1 is the highest
  std::string_view client;
  std::size_t rows = 1;
  std::uint64_t shape = 0;   // only requests of the same shape share a run
  bool may_batch = true;     // with others
  bool is_sequence = false;  // a step of one; never with others
};

}  // namespace parlance::scheduling
