#pragma once

#include <cstddef>
#include <limits>
#include <span>

#include "generation/token.h"
#include "generation/token_constraint.h"

namespace parlance::generation {

// What is done to every logit of a vocabulary, which may have 150,000 of them: written for vector
// instructions.

struct LogitScan {
  float most;     // the greatest; -infinity when there is none above that
  Token first;    // the lowest token that has it
  bool has_junk;  // a NaN or +infinity is among them; then the others say nothing
};
LogitScan scan(std::span<const float> logits);

/// Writes the logits of those tokens that `mask` allows, -infinity for the others, to `kept`, which is as
/// long.
void keep_allowed(std::span<const float> logits, TokenMask mask, std::span<float> kept);

inline constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Weights are summed up in blocks of so many.
inline constexpr std::size_t kWeightBlock = 1024;

/// Writes exp((logit - most) * scale) of each logit to `weights`, which is as long or empty (then only the
/// sum is wanted); returns the sum. `most` is the greatest logit, `scale` positive; a relative error of 1e-6.
/// Below 2^-126, and of -infinity, exactly 0.
double exponentials(std::span<const float> logits, float most, float scale, std::span<float> weights);

/// The sum of at most kWeightBlock weights, as exponentials() makes it of each block from the first on.
float sum_of_block(std::span<const float> weights);

}  // namespace parlance::generation
