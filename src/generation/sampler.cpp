#include "generation/sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "generation/philox.h"

namespace parlance::generation {
namespace {

// Buckets by distance from the most probable token, in eighths of a nat: so a nucleus is found without
// sorting.
constexpr std::size_t kBuckets = 256;
constexpr float kBucketsPerNat = 8;

}  // namespace

std::string_view to_string(SamplingError error) {
  return error == SamplingError::kNotANumber ? "the model's logits are not numbers"
                                             : "no token is allowed here";
}

std::expected<SampledToken, SamplingError> Sampler::sample(std::span<const float> logits,
                                                           const SamplingOptions& options,
                                                           const TokenCounts& counts, std::uint64_t position,
                                                           std::optional<TokenMask> mask) {
  const LogitScan given = scan(logits);
  if (given.has_junk) return std::unexpected(SamplingError::kNotANumber);
  if (!mask) return choose(logits, given, options, counts, position);
  masked_.resize(logits.size());
  keep_allowed(logits, *mask, masked_);
  return choose(masked_, scan(masked_), options, counts, position);
}

std::expected<SampledToken, SamplingError> Sampler::choose(std::span<const float> logits,
                                                           const LogitScan& given,
                                                           const SamplingOptions& options,
                                                           const TokenCounts& counts,
                                                           std::uint64_t position) {
  if (given.most == -kInfinity) return std::unexpected(SamplingError::kNothingAllowed);
  const std::span<const float> chosen_by = changed(logits, options, counts);
  const LogitScan best = chosen_by.data() == logits.data() ? given : scan(chosen_by);
  if (best.most == -kInfinity) return std::unexpected(SamplingError::kNothingAllowed);

  const bool greedy = options.temperature == 0 || options.top_k == 1;
  SampledToken sampled;
  sampled.token = greedy ? best.first : draw(chosen_by, best.most, options, uniform(options.seed, position));
  const auto log_sum = static_cast<float>(given.most + std::log(exponentials(logits, given.most, 1, {})));
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
  weights_.clear();
  if (!is_top_k && options.min_p == 0) {
    weights_.resize(logits.size());
    sum = exponentials(logits, most, 1 / temperature, weights_);
    least = least_of_nucleus(logits, most, temperature, options.top_p * *sum);
  }
  candidates_.collect(logits, least, is_top_k ? options.top_k : logits.size());
  std::size_t count = candidates_.size();
  const double collected = weigh(count, most, temperature);
  if (options.top_p < 1) count = nucleus(options.top_p * sum.value_or(collected));
  const auto drawn = std::upper_bound(sums_.begin(), sums_.begin() + static_cast<std::ptrdiff_t>(count),
                                      chance * sums_[count - 1]);
  const auto index = std::min(static_cast<std::size_t>(drawn - sums_.begin()), count - 1);
  return candidates_.first(count)[index].token;
}

/// A logit that no token of the nucleus is below, whose tokens have `mass` together: the end of the bucket in
/// which that is reached.
float Sampler::least_of_nucleus(std::span<const float> logits, float most, float temperature,
                                double mass) const {
  std::array<double, kBuckets> masses{};
  const float scale = kBucketsPerNat / temperature;
  for (std::size_t token = 0; token < logits.size(); ++token) {
    const float distance = std::min((most - logits[token]) * scale, static_cast<float>(kBuckets - 1));
    masses[static_cast<std::size_t>(distance)] += weights_[token];
  }
  double sum = 0;
  for (std::size_t bucket = 0; bucket + 2 < kBuckets; ++bucket) {
    sum += masses[bucket];
    // One bucket more: where a bucket ends is computed in another way here than above.
    if (sum >= mass) return most - static_cast<float>(bucket + 2) / scale;
  }
  return -kInfinity;
}

/// How many of the first candidates have `mass` together; sums_ is that of all.
std::size_t Sampler::nucleus(double mass) const {
  const auto last = std::ranges::lower_bound(sums_, mass) - sums_.begin();
  return std::min(static_cast<std::size_t>(last) + 1, sums_.size());
}

double Sampler::weigh(std::size_t count, float most, float temperature) {
  sums_.clear();
  double sum = 0;
  for (const Candidates::Candidate& candidate : candidates_.first(count)) {
    sum += weights_.empty() ? std::exp(static_cast<double>(candidate.logit - most) / temperature)
                            : static_cast<double>(weights_[static_cast<std::size_t>(candidate.token)]);
    sums_.push_back(sum);
  }
  return sum;
}

Token Sampler::draw_from_all(std::span<const float> logits, float most, float temperature, double chance) {
  weights_.resize(logits.size());
  double left = chance * exponentials(logits, most, 1 / temperature, weights_);
  Token last = 0;
  for (std::size_t begin = 0; begin < weights_.size(); begin += kWeightBlock) {
    const std::span<const float> block =
        std::span{weights_}.subspan(begin, std::min(kWeightBlock, weights_.size() - begin));
    const double sum = sum_of_block(block);
    if (sum == 0) continue;
    const bool is_here = left < sum;
    for (std::size_t at = 0; at < block.size(); ++at) {
      if (block[at] == 0) continue;
      last = static_cast<Token>(begin + at);
      if (!is_here) continue;
      left -= static_cast<double>(block[at]);
      if (left < 0) return last;
    }
    if (is_here) return last;  // what is left is rounding
    left -= sum;
  }
  return last;
}

}  // namespace parlance::generation
