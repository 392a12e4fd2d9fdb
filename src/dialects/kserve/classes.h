#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/status.h"
#include "models/tensor.h"

namespace parlance::dialects::kserve {

/// How the classification extension is asked for.
struct AskedClasses {
  std::size_t count = 0;                  // at most
  bool by_row = false;                    // the first dimension counts rows
  std::span<const std::string> labels{};  // by index; there may be fewer than values, or none
};

/// Scores looked at, of all rows together.
inline constexpr std::size_t kMostScores = 1'000'000;

/// Of each row, or of all values, the highest as BYTES "score:index" or "score:index:label", best first and
/// equal ones by index: [rows, n] or [n]. A NaN ranks last. INVALID_ARGUMENT in Triton's words for a datatype
/// that has no scores, and for more than kMostScores.
Result<models::Tensor> to_classes(const models::Tensor& scores, const AskedClasses& asked);

}  // namespace parlance::dialects::kserve
