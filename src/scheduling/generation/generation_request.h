#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/sampler.h"
#include "generation/sampling_options.h"
#include "generation/sequence.h"
#include "generation/step_planner.h"
#include "generation/token_constraint.h"

namespace parlance::scheduling {

/// What a caller wants continued, and how. Token ids only: text is the dialect's.
struct GenerationRequest {
  generation::SequenceRequest sequence;
  generation::SamplingOptions sampling;
  std::vector<generation::Token> end_tokens;  // each of them ends the sequence: FinishReason::kStop
  /// What the text is held to; it allows no other end tokens than these. Null: nothing.
  std::shared_ptr<const generation::TokenGrammar> grammar = nullptr;
};

enum class FinishReason : std::uint8_t {
  kStop,      // the model made one of `end_tokens`, which is this step's token
  kComplete,  // `grammar` lets nothing follow; this is the last
  kLength,    // `max_tokens` were made; this is the last
  kError,     // the status says why; there is no token
};

/// What a step of the engine gave one sequence.
struct GeneratedStep {
  generation::SampledToken sampled;    // of kError: nothing of use
  std::optional<FinishReason> finish;  // of the last step alone
  Status status;                       // OK unless kError
};

struct GenerationLimits {
  /// Of a step. Its `max_waiting` is, together with `max_running`, how many sequences may be open: running,
  /// waiting and paused ones. A sequence more is refused at once.
  generation::PlannerLimits planner = {};
  bool prefix_cache = true;
  /// Steps of a sequence that its reader has not taken: with so many it pauses until half are taken. Enough
  /// that a reader who is busy for a few steps stalls nothing.
  std::size_t window_steps = 16;
  /// A sequence that paused for so long, its reader taking nothing, is ended: its pages are for those who
  /// read. Long enough for whoever reads at all. Zero: never.
  Duration slow_reader = std::chrono::seconds{30};

  std::size_t max_open() const { return planner.max_running + planner.max_waiting; }
};

}  // namespace parlance::scheduling
