#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "generation/token.h"

namespace parlance::generation {

/// Tokens whose logit a caller may change: as many as OpenAI's API takes.
inline constexpr std::size_t kMaxLogitBiases = 300;
/// Alternatives told with each token: as many as OpenAI's API takes.
inline constexpr std::uint32_t kMaxTopLogprobs = 20;

/// How the next token is chosen. Applied in this order, after a mask: biases and penalties, temperature,
/// top-k, min-p, top-p, draw.
struct SamplingOptions {
  float temperature = 1.0F;  // 0: the most probable token, always
  std::uint32_t top_k = 0;   // among the k most probable; 0: all
  float top_p = 1.0F;        // among the most probable that have this much probability together
  float min_p = 0.0F;        // among those at least this fraction as probable as the first
  float repetition_penalty =
      1.0F;  // logits of tokens in prompt or text: divided when positive, else multiplied
  float presence_penalty = 0.0F;                         // taken off the logits of tokens in the text made
  float frequency_penalty = 0.0F;                        // the same, as often as they are in it
  std::vector<std::pair<Token, float>> logit_bias = {};  // added; -infinity forbids a token
  std::uint64_t seed = 0;          // the draw of a position depends on this and on the position alone
  std::uint32_t top_logprobs = 0;  // alternatives told with each token

  bool has_penalties() const {
    return repetition_penalty != 1.0F || presence_penalty != 0.0F || frequency_penalty != 0.0F;
  }
};

/// What is wrong with the options, for the caller to read; nothing when they can be used. The ranges are
/// those of OpenAI's API where it has the option.
std::optional<std::string> problem_of(const SamplingOptions& options);

}  // namespace parlance::generation
