#pragma once

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "generation/block_table.h"
#include "generation/client_shares.h"
#include "generation/step_plan.h"
#include "generation/token.h"

namespace parlance::generation {

/// What a caller wants continued.
struct SequenceRequest {
  std::vector<Token> prompt;     // at least one token
  std::size_t max_tokens = 16;   // made at most; at least 1
  std::uint32_t priority = 1;    // 1 is the highest
  Deadline deadline;             // after it the sequence leaves by itself
  std::string client;            // whose share it is
  std::uint64_t cache_salt = 0;  // shares a prefix only with sequences of the same salt
};

/// A sequence as the planner keeps it.
struct Sequence {
  enum class State : std::uint8_t {
    kWaiting,  // for a place in the step; may have pages still
    kRunning,
    kPaused,  // its reader is slow: it keeps its pages while nobody needs them, and holds no place
  };

  SequenceId id = 0;
  State state = State::kWaiting;
  std::uint32_t priority = 1;
  Deadline deadline;
  std::uint64_t cache_salt = 0;
  ClientShares::Entry* client = nullptr;
  std::vector<Token> tokens;  // the prompt and what was made
  std::size_t most_tokens = 0;
  BlockTable table;
  std::size_t planned = 0;  // tokens of the step that is planned or runs
  bool leaving = false;     // removed while its step runs

  std::size_t remaining() const { return tokens.size() - table.filled(); }
  bool runs() const { return state == State::kRunning; }
  bool holds_pages() const { return !table.pages().empty(); }
};

/// Who is older in a running step: the last in this order loses its pages first, the first never does.
inline bool is_senior(const Sequence& a, const Sequence& b) {
  return a.priority != b.priority ? a.priority < b.priority : a.id < b.id;
}

/// How soon a deadline is, by powers of two of milliseconds: deadlines that are about as near count as equal,
/// so that callers with the same timeout are ordered by their shares.
inline int nearness(const Deadline& deadline, TimePoint now) {
  if (deadline.is_never()) return 64;
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline.remaining(now)).count();
  return static_cast<int>(std::bit_width(static_cast<std::uint64_t>(left)));
}

/// Whose turn it is to have a prompt computed: priority, then deadline, then the client who had least, then
/// who came first.
inline bool is_more_urgent(const Sequence& a, const Sequence& b, TimePoint now) {
  if (a.priority != b.priority) return a.priority < b.priority;
  if (const int x = nearness(a.deadline, now), y = nearness(b.deadline, now); x != y) return x < y;
  if (a.client->second.tokens != b.client->second.tokens)
    return a.client->second.tokens < b.client->second.tokens;
  return a.id < b.id;
}

}  // namespace parlance::generation
