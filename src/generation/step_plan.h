#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "generation/block_table.h"
#include "generation/token.h"

namespace parlance::generation {

/// Grows by one with every sequence: a smaller number came earlier.
using SequenceId = std::uint64_t;

/// What a step computes of one sequence: `tokens` of its tokens, of which `past` are stored already.
struct StepPart {
  SequenceId sequence = 0;
  std::size_t past = 0;
  std::size_t tokens = 0;
  bool samples = false;  // its last token is the last one known: the logits choose the next
  bool operator==(const StepPart&) const = default;
};

/// What paged attention is given (OpenVINO's names), the parts one after the other.
struct StepInputs {
  std::vector<std::int64_t> input_ids;             // a token each
  std::vector<std::int64_t> position_ids;          // its place in its sequence, from 0
  std::vector<std::int32_t> past_lens;             // a part each: tokens stored before
  std::vector<std::int32_t> subsequence_begins;    // where a part begins in input_ids; one more: the end
  std::vector<std::int32_t> block_indices;         // the pages of all parts
  std::vector<std::int32_t> block_indices_begins;  // where those of a part begin; one more: the end
  std::int32_t max_context_len = 0;                // the longest part, stored tokens and new ones

  /// Adds a part: tokens[past..] are new, `pages` are those of the sequence.
  void add(std::span<const Token> tokens, std::size_t past, std::span<const PageId> pages,
           std::size_t block_tokens);
  bool operator==(const StepInputs&) const = default;
};

/// One step of the engine. Copies come first, in their order.
struct StepPlan {
  std::vector<PageCopy> copies;
  std::vector<StepPart> parts;
  StepInputs inputs;
  std::vector<SequenceId> expired;    // their deadline has passed; they are gone
  std::vector<SequenceId> preempted;  // they lost their pages and are computed anew later
};

}  // namespace parlance::generation
