#pragma once

#include <cstddef>
#include <span>

#include "base/status.h"
#include "generation/step_plan.h"

namespace parlance::generation {

/// What runs the steps that a StepPlanner plans: a decoder with its pages. Used by one thread at a time.
class StepEngine {
 public:
  StepEngine() = default;
  StepEngine(const StepEngine&) = delete;
  StepEngine& operator=(const StepEngine&) = delete;
  virtual ~StepEngine() = default;

  /// Pages there are, and tokens of each: what the planner's cache is made with.
  virtual std::size_t pages() const = 0;
  virtual std::size_t block_tokens() const = 0;
  /// Bytes of keys and values of one page, in all layers.
  virtual std::size_t page_bytes() const = 0;
  /// Tokens that the model knows: logits of each position.
  virtual std::size_t vocabulary() const = 0;

  /// Copies the plan's pages, then computes its parts and stores their keys and values. The logits of those
  /// parts that sample, in their order, `vocabulary()` each; valid until the next run. An error: none of the
  /// parts is stored.
  virtual Result<std::span<const float>> run(const StepPlan& plan) = 0;
};

}  // namespace parlance::generation
