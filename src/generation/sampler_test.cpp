#include "generation/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <random>
#include <utility>

#include "generation/logits.h"
#include "generation/philox.h"

namespace parlance::generation {
namespace {

using testing::ElementsAre;

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> random_logits(std::size_t size, unsigned seed, float spread = 3) {
  std::mt19937 random{seed};
  std::normal_distribution<float> normal{0, spread};
  std::vector<float> logits(size);
  for (float& logit : logits) logit = normal(random);
  return logits;
}

SampledToken must_sample(std::span<const float> logits, const SamplingOptions& options,
                         std::uint64_t position = 0, const TokenCounts& counts = {}) {
  Sampler sampler;
  const auto sampled = sampler.sample(logits, options, counts, position);
  EXPECT_TRUE(sampled.has_value());
  return sampled.value_or(SampledToken{});
}

TokenMask mask_of(std::vector<std::uint32_t>& words, std::span<const Token> tokens) {
  for (const Token token : tokens) {
    const auto index = static_cast<std::size_t>(token);
    words.resize(std::max(words.size(), index / 32 + 1));
    words[index / 32] |= 1U << (index % 32);
  }
  return words;
}

/// How often each token comes at `draws` positions.
std::map<Token, int> histogram(std::span<const float> logits, const SamplingOptions& options, int draws) {
  Sampler sampler;
  std::map<Token, int> counts;
  for (int position = 0; position < draws; ++position)
    ++counts[sampler.sample(logits, options, {}, static_cast<std::uint64_t>(position))->token];
  return counts;
}

/// The nucleus by its definition: everything sorted.
std::vector<Token> nucleus_of(std::span<const float> logits, double top_p) {
  std::vector<Token> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::sort(order, {},
                    [&](Token token) { return std::pair{-logits[static_cast<std::size_t>(token)], token}; });
  double all = 0;
  for (const float logit : logits) all += std::exp(static_cast<double>(logit));
  double sum = 0;
  std::size_t count = 0;
  while (count < order.size() && sum < top_p * all)
    sum += std::exp(static_cast<double>(logits[static_cast<std::size_t>(order[count++])]));
  order.resize(count);
  return order;
}

TEST(Philox, GivesTheNumbersOfItsAuthors) {
  EXPECT_THAT(philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8));
  EXPECT_THAT(philox({~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}),
              ElementsAre(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd));
}

TEST(Philox, UniformFillsTheUnitIntervalEvenly) {
  std::vector<int> tenths(10);
  for (std::uint64_t position = 0; position < 10000; ++position) {
    const double value = uniform(42, position);
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    ++tenths[static_cast<std::size_t>(value * 10)];
  }
  EXPECT_THAT(tenths, testing::Each(testing::AllOf(testing::Gt(900), testing::Lt(1100))));
}

TEST(Logits, ExponentialsAreThoseOfTheStandardLibrary) {
  std::vector<float> logits = random_logits(5003, 1, 20);
  logits[7] = -kInfinity;
  const float most = std::ranges::max(logits);
  std::vector<float> weights(logits.size());
  const double sum = exponentials(logits, most, 0.7F, weights);
  double expected_sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) {
    const double expected = std::exp(static_cast<double>((logits[i] - most) * 0.7F));
    expected_sum += expected;
    if (expected < 0x1p-125) continue;
    ASSERT_NEAR(weights[i] / expected, 1, 1e-5) << logits[i];
  }
  EXPECT_NEAR(sum / expected_sum, 1, 1e-6);
  EXPECT_EQ(weights[7], 0);
  EXPECT_EQ(exponentials(logits, most, 0.7F, {}), sum);
}

TEST(Logits, AScanFindsTheFirstOfTheGreatestAndWhatIsNoNumber) {
  for (const std::size_t size : {1, 15, 16, 17, 1000}) {
    std::vector<float> logits = random_logits(size, static_cast<unsigned>(size));
    const LogitScan found = scan(logits);
    EXPECT_EQ(found.most, std::ranges::max(logits));
    EXPECT_EQ(found.first, std::ranges::max_element(logits) - logits.begin());
    EXPECT_FALSE(found.has_junk);
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
      for (const float junk : {std::nanf(""), kInfinity}) {
        const float before = std::exchange(logits[at], junk);
        EXPECT_TRUE(scan(logits).has_junk) << size << " logits, at " << at;
        logits[at] = before;
      }
    }
  }
}

TEST(Logits, BlocksAreSummedUpAsInTheWhole) {
  const std::vector<float> logits = random_logits(2500, 4);
  std::vector<float> weights(logits.size());
  const double sum = exponentials(logits, std::ranges::max(logits), 1, weights);
  const std::span<const float> all{weights};
  EXPECT_EQ(sum, static_cast<double>(sum_of_block(all.first(1024))) +
                     static_cast<double>(sum_of_block(all.subspan(1024, 1024))) +
                     static_cast<double>(sum_of_block(all.subspan(2048))));
}

TEST(Sampler, GreedyTakesTheMostProbableAndOfEqualsTheLowest) {
  EXPECT_EQ(must_sample(std::vector<float>{0, 3, 1, 3}, {.temperature = 0}).token, 1);
  EXPECT_EQ(must_sample(std::vector<float>{0, 3, 1, 3}, {.top_k = 1}).token, 1);
}

TEST(Sampler, LogprobsAreThoseOfTheModelWhateverTheOptions) {
  const std::vector<float> logits{1, 2, 3, 4};
  const double sum = std::exp(1.0) + std::exp(2.0) + std::exp(3.0) + std::exp(4.0);
  SamplingOptions options{.temperature = 0, .logit_bias = {{0, 100}}, .top_logprobs = 2};
  const SampledToken sampled = must_sample(logits, options);
  EXPECT_EQ(sampled.token, 0);
  EXPECT_NEAR(sampled.logprob, 1 - std::log(sum), 1e-5);
  ASSERT_EQ(sampled.top.size(), 2u);
  EXPECT_EQ(sampled.top[0].token, 3);
  EXPECT_NEAR(sampled.top[0].logprob, 4 - std::log(sum), 1e-5);
  EXPECT_EQ(sampled.top[1].token, 2);
}

TEST(Sampler, TopLogprobsOfEqualTokensBeginWithTheLowest) {
  const SampledToken sampled =
      must_sample(std::vector<float>{1, 1, 1, 1, 1}, {.temperature = 0, .top_logprobs = 3});
  EXPECT_THAT(sampled.top,
              ElementsAre(testing::Field(&TokenLogprob::token, 0), testing::Field(&TokenLogprob::token, 1),
                          testing::Field(&TokenLogprob::token, 2)));
}

TEST(Sampler, DrawsAsOftenAsTokensAreProbable) {
  const std::vector<float> logits{std::log(0.5F), std::log(0.3F), std::log(0.15F), std::log(0.05F)};
  const std::map<Token, int> counts = histogram(logits, {.seed = 7}, 20000);
  EXPECT_NEAR(counts.at(0), 10000, 300);
  EXPECT_NEAR(counts.at(1), 6000, 300);
  EXPECT_NEAR(counts.at(2), 3000, 200);
  EXPECT_NEAR(counts.at(3), 1000, 150);
}

TEST(Sampler, TemperatureFlattensAndSharpens) {
  const std::vector<float> logits{0, 1};
  // p(1) = 1 / (1 + exp(-1 / T))
  EXPECT_NEAR(histogram(logits, {.temperature = 0.5F}, 20000).at(1), 20000 * 0.8808, 300);
  EXPECT_NEAR(histogram(logits, {.temperature = 2}, 20000).at(1), 20000 * 0.6225, 300);
}

TEST(Sampler, TopKKeepsTheFirstKAndOfEqualsTheLowest) {
  const std::vector<float> logits{1, 5, 1, 5, 1, 1};
  const std::map<Token, int> counts = histogram(logits, {.temperature = 2, .top_k = 4}, 5000);
  std::vector<Token> tokens;
  for (const auto& [token, count] : counts) tokens.push_back(token);
  EXPECT_THAT(tokens, ElementsAre(0, 1, 2, 3));
}

TEST(Sampler, TopPKeepsTheFewestThatHaveTheMass) {
  const std::vector<float> logits{std::log(0.15F), std::log(0.5F), std::log(0.05F), std::log(0.3F)};
  const auto tokens = [&](float top_p) {
    std::vector<Token> found;
    for (const auto& [token, count] : histogram(logits, {.top_p = top_p}, 5000)) found.push_back(token);
    return found;
  };
  EXPECT_THAT(tokens(0.4F), ElementsAre(1));
  EXPECT_THAT(tokens(0.7F), ElementsAre(1, 3));
  EXPECT_THAT(tokens(0.9F), ElementsAre(0, 1, 3));
  EXPECT_THAT(tokens(0.99F), ElementsAre(0, 1, 2, 3));
}

TEST(Sampler, TopPOfALargeVocabularyIsTheNucleusByDefinition) {
  for (const float spread : {0.5F, 2.0F, 6.0F}) {
    for (const float top_p : {0.3F, 0.9F, 0.999F}) {
      const std::vector<float> logits = random_logits(3000, 11, spread);
      const std::vector<Token> nucleus = nucleus_of(logits, top_p);
      for (const auto& [token, count] : histogram(logits, {.top_p = top_p}, 300))
        ASSERT_THAT(nucleus, testing::Contains(token)) << "spread " << spread << ", top_p " << top_p;
    }
  }
}

TEST(Sampler, MinPKeepsTokensNearlyAsProbableAsTheFirst) {
  const std::vector<float> logits{std::log(0.6F), std::log(0.25F), std::log(0.1F), std::log(0.05F)};
  const std::map<Token, int> counts = histogram(logits, {.min_p = 0.2F}, 5000);
  EXPECT_EQ(counts.size(), 2u);
  EXPECT_NEAR(counts.at(0), 5000 * 0.6 / 0.85, 150);
}

TEST(Sampler, TruncationsApplyTogether) {
  const std::vector<float> logits{std::log(0.4F), std::log(0.3F), std::log(0.2F), std::log(0.1F)};
  // Of the first three, 0.9 together, the first two have 0.7 / 0.9 = 0.78.
  EXPECT_EQ(histogram(logits, {.top_k = 3, .top_p = 0.7F}, 3000).size(), 2u);
  EXPECT_EQ(histogram(logits, {.top_k = 3, .top_p = 0.8F}, 3000).size(), 3u);
  EXPECT_EQ(histogram(logits, {.top_k = 3, .top_p = 0.8F, .min_p = 0.9F}, 3000).size(), 1u);
}

TEST(Sampler, PenaltiesTellTokensOfThePromptFromTokensMade) {
  TokenCounts counts;
  counts.add_prompt(std::vector<Token>{0});
  counts.add_made(1);
  counts.add_made(1);
  const std::vector<float> logits{4, 4, 3.5F, -1};
  EXPECT_EQ(must_sample(logits, {.temperature = 0}, 0, counts).token, 0);
  EXPECT_EQ(must_sample(logits, {.temperature = 0, .presence_penalty = 1}, 0, counts).token, 0);
  EXPECT_EQ(must_sample(logits, {.temperature = 0, .repetition_penalty = 2}, 0, counts).token, 2);
  EXPECT_EQ(
      must_sample(std::vector<float>{3, 4, 3.5F}, {.temperature = 0, .frequency_penalty = 0.2F}, 0, counts)
          .token,
      1);
  EXPECT_EQ(
      must_sample(std::vector<float>{3, 4, 3.5F}, {.temperature = 0, .frequency_penalty = 0.3F}, 0, counts)
          .token,
      2);
}

TEST(Sampler, ARepetitionPenaltyMakesNegativeLogitsSmaller) {
  TokenCounts counts;
  counts.add_made(0);
  EXPECT_EQ(must_sample(std::vector<float>{-1, -1.5F}, {.temperature = 0, .repetition_penalty = 2}, 0, counts)
                .token,
            1);
}

TEST(Sampler, ABiasForbidsOrForcesAToken) {
  const std::vector<float> logits{5, 1, 1};
  EXPECT_EQ(must_sample(logits, {.temperature = 0, .logit_bias = {{0, -kInfinity}}}).token, 1);
  EXPECT_EQ(must_sample(logits, {.temperature = 0, .logit_bias = {{2, 50}, {99, 1}}}).token, 2)
      << "unknown tokens are passed over";
}

TEST(Sampler, TheDrawDependsOnSeedAndPositionAlone) {
  const std::vector<float> logits = random_logits(500, 3);
  Sampler used;
  for (std::uint64_t position = 0; position < 50; ++position)
    (void)used.sample(random_logits(700, 9), {.temperature = 1.5F, .top_k = 40, .seed = 1}, {}, position);
  std::vector<Token> differs;
  for (std::uint64_t position = 0; position < 50; ++position) {
    const SamplingOptions options{.top_p = 0.95F, .seed = 123};
    const Token token = must_sample(logits, options, position).token;
    EXPECT_EQ(used.sample(logits, options, {}, position)->token, token);
    if (must_sample(logits, {.top_p = 0.95F, .seed = 124}, position).token != token) differs.push_back(token);
  }
  EXPECT_GT(differs.size(), 25u);
}

TEST(Sampler, SmallNoiseInTheLogitsDoesNotReorderTheDraw) {
  std::vector<float> logits = random_logits(2000, 5);
  std::vector<float> noisy = logits;
  for (std::size_t i = 0; i < noisy.size(); ++i) noisy[i] += (i % 2 == 0 ? 1e-6F : -1e-6F);
  int same = 0;
  for (std::uint64_t position = 0; position < 200; ++position) {
    const SamplingOptions options{.top_k = 100, .top_p = 0.9F, .seed = 5};
    same +=
        must_sample(logits, options, position).token == must_sample(noisy, options, position).token ? 1 : 0;
  }
  EXPECT_GE(same, 198);
}

TEST(Sampler, LogitsThatAreNoNumbersAreAnError) {
  Sampler sampler;
  const auto error_of = [&](std::vector<float> logits, const SamplingOptions& options = {}) {
    return sampler.sample(logits, options, {}, 0).error();
  };
  EXPECT_EQ(error_of({1, std::nanf(""), 2}), SamplingError::kNotANumber);
  EXPECT_EQ(error_of({1, kInfinity}), SamplingError::kNotANumber);
  EXPECT_EQ(error_of({-kInfinity, -kInfinity}), SamplingError::kNothingAllowed);
  EXPECT_EQ(error_of({1}, {.logit_bias = {{0, -kInfinity}}}), SamplingError::kNothingAllowed);
  EXPECT_EQ(must_sample(std::vector<float>{-kInfinity, 1}, {}).token, 1)
      << "-infinity forbids a token, no more";
}

TEST(Sampler, ForbiddenTokensAreNeverDrawn) {
  std::vector<float> logits(100, 0.0F);
  for (std::size_t i = 0; i < logits.size(); i += 2) logits[i] = -kInfinity;
  for (const SamplingOptions& options :
       {SamplingOptions{.temperature = 2}, SamplingOptions{.temperature = 2, .top_p = 0.9F},
        SamplingOptions{.temperature = 2, .top_k = 80}, SamplingOptions{.temperature = 2, .min_p = 0.01F}}) {
    for (const auto& [token, count] : histogram(logits, options, 500)) ASSERT_EQ(token % 2, 1);
  }
}

TEST(SamplingOptions, WhatIsOutOfRangeIsNamed) {
  EXPECT_EQ(problem_of({}), std::nullopt);
  EXPECT_EQ(problem_of({.temperature = -1}), "temperature must be from 0 to 2, not -1.000000");
  EXPECT_EQ(problem_of({.temperature = std::nanf("")}), "temperature must be from 0 to 2, not nan");
  EXPECT_EQ(problem_of({.top_p = 0}), "top_p must be above 0 and at most 1, not 0.000000");
  EXPECT_EQ(problem_of({.top_logprobs = 21}), "top_logprobs must be at most 20, not 21");
  EXPECT_EQ(problem_of({.logit_bias = {{-1, 0}}}),
            "logit_bias must be numbers below infinity, of tokens from 0 on");
}

TEST(MaskedSampler, MakesWhatItWouldIfTheOthersHadNoChance) {
  const std::vector<Token> allowed = {3, 31, 32, 64, 99};
  std::vector<std::uint32_t> words;
  const TokenMask mask = mask_of(words, allowed);
  const SamplingOptions all_options[] = {
      {.temperature = 0, .top_logprobs = 3},
      {.temperature = 0.8F},
      {.temperature = 1.5F, .top_k = 3, .top_logprobs = 20},
      {.temperature = 1.0F, .top_p = 0.7F},
      {.temperature = 1.0F, .min_p = 0.2F, .repetition_penalty = 1.4F, .frequency_penalty = 0.5F},
  };
  Sampler sampler;
  for (unsigned seed = 0; seed < 20; ++seed) {
    const std::vector<float> logits = random_logits(100, seed);
    std::vector<float> others_impossible(100, -kInfinity);
    for (const Token token : allowed)
      others_impossible[static_cast<std::size_t>(token)] = logits[static_cast<std::size_t>(token)];
    TokenCounts counts;
    counts.add_made(31);
    for (const SamplingOptions& options : all_options) {
      const auto masked = sampler.sample(logits, options, counts, seed, mask);
      ASSERT_TRUE(masked);
      const SampledToken wanted = must_sample(others_impossible, options, seed, counts);
      EXPECT_EQ(masked->token, wanted.token);
      EXPECT_EQ(masked->logprob, wanted.logprob);
      EXPECT_EQ(masked->top, wanted.top);
      EXPECT_TRUE(is_allowed(mask, masked->token));
    }
  }
}

TEST(MaskedSampler, ForbidsWhatABiasWants) {
  std::vector<std::uint32_t> words;
  const TokenMask mask = mask_of(words, std::vector<Token>{5});
  const SamplingOptions options{.temperature = 1, .logit_bias = {{7, 100.0F}}};
  Sampler sampler;
  EXPECT_EQ(sampler.sample(random_logits(64, 1), options, {}, 0, mask)->token, 5);
}

TEST(MaskedSampler, AMaskThatAllowsNothingIsAnErrorAndOneThatIsShortForbidsTheRest) {
  Sampler sampler;
  const std::vector<float> logits = random_logits(100, 1);
  const std::uint32_t none[] = {0, 0, 0, 0}, first_word[] = {1U << 4};
  EXPECT_EQ(sampler.sample(logits, {}, {}, 0, none).error(), SamplingError::kNothingAllowed);
  EXPECT_EQ(sampler.sample(logits, {}, {}, 0, TokenMask{}).error(), SamplingError::kNothingAllowed);
  for (std::uint64_t position = 0; position < 50; ++position)
    EXPECT_EQ(sampler.sample(logits, {}, {}, position, first_word)->token, 4);
}

TEST(MaskedSampler, LogitsThatAreNoNumbersAreFoundWhereverTheyAre) {
  std::vector<float> logits = random_logits(40, 1);
  logits[9] = std::numeric_limits<float>::quiet_NaN();
  const std::uint32_t mask[] = {1U << 4};
  Sampler sampler;
  EXPECT_EQ(sampler.sample(logits, {}, {}, 0, mask).error(), SamplingError::kNotANumber);
}

}  // namespace
}  // namespace parlance::generation
