#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "generation/candidates.h"
#include "generation/logits.h"
#include "generation/sampling_options.h"
#include "generation/token.h"
#include "generation/token_constraint.h"
#include "generation/token_counts.h"

namespace parlance::generation {

/// Natural logarithm of a token's probability, as the model gave it: before penalties, temperature and
/// truncation, but among those tokens only that a mask allows.
struct TokenLogprob {
  Token token = 0;
  float logprob = 0;
  bool operator==(const TokenLogprob&) const = default;
};

struct SampledToken {
  Token token = 0;
  float logprob = 0;
  std::vector<TokenLogprob>
      top;  // the most probable `top_logprobs`, the first most so; among equals the lower token
};

/// Why no token can be chosen. Each is of one sequence: its neighbours go on.
enum class SamplingError : std::uint8_t {
  kNotANumber,      // a logit is NaN or +infinity: the model has computed nonsense
  kNothingAllowed,  // every logit is -infinity, or the mask has none
};
std::string_view to_string(SamplingError error);

/// Chooses tokens. Holds only memory that is used again from call to call, so one serves all sequences of a
/// thread.
class Sampler {
 public:
  /// The token that follows, of `logits`, one for each token of the vocabulary. `position` is the token's
  /// place in its sequence, `counts` what is there before. `options` have no problem (problem_of). Among
  /// equally probable tokens the lower number comes first. With a `mask` all is as if the model had given the
  /// tokens that it does not allow no chance.
  std::expected<SampledToken, SamplingError> sample(std::span<const float> logits,
                                                    const SamplingOptions& options, const TokenCounts& counts,
                                                    std::uint64_t position,
                                                    std::optional<TokenMask> mask = std::nullopt);

 private:
  std::expected<SampledToken, SamplingError> choose(std::span<const float> logits, const LogitScan& given,
                                                    const SamplingOptions& options, const TokenCounts& counts,
                                                    std::uint64_t position);
  std::span<const float> changed(std::span<const float> logits, const SamplingOptions& options,
                                 const TokenCounts& counts);
  Token draw(std::span<const float> logits, float most, const SamplingOptions& options, double chance);
  Token draw_from_all(std::span<const float> logits, float most, float temperature, double chance);
  float least_of_nucleus(std::span<const float> logits, float most, float temperature, double mass) const;
  std::size_t nucleus(double mass) const;
  double weigh(std::size_t count, float most, float temperature);

  std::vector<float> masked_;   // logits, -infinity where the mask does not allow them
  std::vector<float> changed_;  // logits after biases and penalties
  std::vector<float> weights_;  // of all tokens; empty when they were not needed
  Candidates candidates_;
  std::vector<double> sums_;  // of the weights of the first candidates, up to and with each
};

}  // namespace parlance::generation
