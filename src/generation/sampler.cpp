#include "generation/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "generation/exponentials.h"
#include "generation/philox.h"

namespace parlance::generation {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
// How many of the most probable tokens are sorted first: mostly those of a nucleus are fewer.
constexpr std::size_t kFirstSorted = 64;

struct Highest {
  float logit = -kInfinity;
  Token token = 0;
};

/// The greatest logit; among equals the lowest token.
Highest highest_of(std::span<const float> logits) {
  Highest highest;
  for (std::size_t token = 0; token < logits.size(); ++token) {
    if (logits[token] > highest.logit) highest = {.logit = logits[token], .token = static_cast<Token>(token)};
  }
  return highest;
}

bool all_can_be_used(std::span<const float> logits) {
  // NaN compares false, so one comparison finds it and +infinity.
  unsigned bad = 0;
  for (const float logit : logits) bad |= static_cast<unsigned>(!(logit < kInfinity));
  return bad == 0;
}

}  // namespace

std::string_view to_string(SamplingError error) {
  return error == SamplingError::kNotANumber ? "the model's logits are not numbers"
                                             : "no token is allowed here";
}

std::expected<SampledToken, SamplingError> Sampler::sample(std::span<const float> logits,
                                                           const SamplingOptions& options,
                                                           const TokenCounts& counts,
                                                           std::uint64_t position) {
  if (!all_can_be_used(logits)) return std::unexpected(SamplingError::kNotANumber);
  const Highest most = highest_of(logits);
  if (most.logit == -kInfinity) return std::unexpected(SamplingError::kNothingAllowed);
  const std::span<const float> chosen_by = changed(logits, options, counts);
  const Highest first = chosen_by.data() == logits.data() ? most : highest_of(chosen_by);
  if (first.logit == -kInfinity) return std::unexpected(SamplingError::kNothingAllowed);

  const bool greedy = options.temperature == 0 || options.top_k == 1;
  SampledToken sampled;
  sampled.token =
      greedy ? first.token : draw(chosen_by, first.logit, options, uniform(options.seed, position));
  const auto log_sum = static_cast<float>(most.logit + std::log(exponentials(logits, most.logit, 1, {})));
  sampled.logprob = logits[static_cast<std::size_t>(sampled.token)] - log_sum;
  if (options.top_logprobs > 0) {
    candidates_.collect(logits, -kInfinity, options.top_logprobs);
    for (const Candidates::Candidate& candidate : candidates_.first(options.top_logprobs))
      sampled.top.push_back({.token = candidate.token, .logprob = candidate.logit - log_sum});
  }
  return sampled;
}

std::span<const float> Sampler::changed(std::span<const float> logits, const SamplingOptions& options,
                                        const TokenCounts& counts) {
  if (!options.has_penalties() && options.logit_bias.empty()) return logits;
  changed_.assign(logits.begin(), logits.end());
  const auto is_known = [&](Token token) { return static_cast<std::size_t>(token) < changed_.size(); };
  for (const auto& [token, bias] : options.logit_bias) {
    if (is_known(token)) changed_[static_cast<std::size_t>(token)] += bias;
  }
  if (!options.has_penalties()) return changed_;
  for (const auto& [token, count] : counts.counts()) {
    if (!is_known(token)) continue;
    float& logit = changed_[static_cast<std::size_t>(token)];
    logit = logit > 0 ? logit / options.repetition_penalty : logit * options.repetition_penalty;
    if (count.made > 0)
      logit -= options.presence_penalty + options.frequency_penalty * static_cast<float>(count.made);
  }
  return changed_;
}

Token Sampler::draw(std::span<const float> logits, float most, const SamplingOptions& options,
                    double chance) {
  const float temperature = options.temperature;
  const bool is_top_k = options.top_k > 0 && options.top_k < logits.size();
  if (!is_top_k && options.top_p >= 1 && options.min_p == 0)
    return draw_from_all(logits, most, temperature, chance);

  float least = options.min_p > 0 ? most + temperature * std::log(options.min_p) : -kInfinity;
  std::optional<double> sum;
  if (!is_top_k && options.min_p == 0) {
    sum = exponentials(logits, most, 1 / temperature, {});
    // Tokens less probable than this have less than 1 - top_p together: none is in the nucleus.
    const double weight = (1.0 - options.top_p) * *sum / static_cast<double>(logits.size());
    least = most + temperature * static_cast<float>(std::log(weight));
  }
  candidates_.collect(logits, least, is_top_k ? options.top_k : logits.size());
  std::size_t count = candidates_.size();
  if (!sum) sum = weigh(count, most, temperature);
  if (options.top_p < 1) count = nucleus(most, temperature, options.top_p * *sum);
  const auto drawn = std::upper_bound(sums_.begin(), sums_.begin() + static_cast<std::ptrdiff_t>(count),
                                      chance * sums_[count - 1]);
  const auto index = std::min(static_cast<std::size_t>(drawn - sums_.begin()), count - 1);
  return candidates_.first(count)[index].token;
}

/// The fewest of the first candidates that have `mass` together; sums_ is theirs.
std::size_t Sampler::nucleus(float most, float temperature, double mass) {
  for (std::size_t sorted = kFirstSorted;; sorted *= 8) {
    const double sum = weigh(sorted, most, temperature);
    if (sum < mass && sorted < candidates_.size()) continue;
    const auto last = static_cast<std::size_t>(std::ranges::lower_bound(sums_, mass) - sums_.begin());
    return std::min(last + 1, sums_.size());
  }
}

double Sampler::weigh(std::size_t count, float most, float temperature) {
  sums_.clear();
  double sum = 0;
  for (const Candidates::Candidate& candidate : candidates_.first(count)) {
    sum += std::exp(static_cast<double>(candidate.logit - most) / temperature);
    sums_.push_back(sum);
  }
  return sum;
}

Token Sampler::draw_from_all(std::span<const float> logits, float most, float temperature, double chance) {
  weights_.resize(logits.size());
  double left = chance * exponentials(logits, most, 1 / temperature, weights_);
  Token last = 0;
  for (std::size_t token = 0; token < weights_.size(); ++token) {
    if (weights_[token] == 0) continue;
    last = static_cast<Token>(token);
    left -= weights_[token];
    if (left < 0) return last;
  }
  return last;
}

}  // namespace parlance::generation
