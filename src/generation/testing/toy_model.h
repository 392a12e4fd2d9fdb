#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "generation/step_plan.h"
#include "generation/token.h"

namespace parlance::generation::testing {

constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 31)) * 0x9e3779b97f4a7c15ULL;
  return x ^ (x >> 29);
}

/// What is stored of a token depends on all before it; the next token depends on all that is stored.
class ToyModel {
 public:
  static constexpr std::size_t kVocabulary = 5;

  ToyModel(std::size_t pages, std::size_t block_tokens, std::size_t vocabulary = kVocabulary)
      : block_(block_tokens), vocabulary_(vocabulary), memory_(pages * block_tokens) {}

  /// Runs a step from its arrays alone; the token that follows each part.
  std::vector<Token> run(const StepPlan& plan) {
    for (const PageCopy& copy : plan.copies) std::copy_n(at(copy.from, 0), block_, at(copy.to, 0));
    std::vector<Token> next;
    for (std::size_t part = 0; part < plan.inputs.past_lens.size(); ++part)
      next.push_back(run_part(plan.inputs, part));
    return next;
  }

  /// The same without pages, batches or chunks.
  static std::vector<Token> alone(std::vector<Token> tokens, std::size_t make,
                                  std::size_t vocabulary = kVocabulary) {
    const std::size_t prompt = tokens.size();
    std::uint64_t stored = 0, sum = 0;
    for (std::size_t position = 0; position < prompt + make - 1; ++position) {
      stored = mix(stored + static_cast<std::uint64_t>(tokens[position]) + 1);
      sum += mix(stored + position);
      if (position + 1 >= prompt) tokens.push_back(token_of(sum, vocabulary));
    }
    return {tokens.begin() + static_cast<std::ptrdiff_t>(prompt), tokens.end()};
  }

 private:
  static Token token_of(std::uint64_t sum, std::size_t vocabulary) {
    return static_cast<Token>(mix(sum) % vocabulary);
  }

  std::uint64_t* at(PageId page, std::size_t offset) { return memory_.data() + page * block_ + offset; }

  Token run_part(const StepInputs& inputs, std::size_t part) {
    const auto block_begin = static_cast<std::size_t>(inputs.block_indices_begins[part]);
    const auto slot = [&](std::size_t position) {
      return at(static_cast<PageId>(inputs.block_indices[block_begin + position / block_]),
                position % block_);
    };
    const auto begin = static_cast<std::size_t>(inputs.subsequence_begins[part]);
    const auto end = static_cast<std::size_t>(inputs.subsequence_begins[part + 1]);
    std::size_t position = static_cast<std::size_t>(inputs.past_lens[part]);
    for (std::size_t input = begin; input < end; ++input, ++position) {
      EXPECT_EQ(inputs.position_ids[input], static_cast<std::int64_t>(position));
      const std::uint64_t before = position == 0 ? 0 : *slot(position - 1);
      *slot(position) = mix(before + static_cast<std::uint64_t>(inputs.input_ids[input]) + 1);
    }
    std::uint64_t sum = 0;
    for (std::size_t stored = 0; stored < position; ++stored) sum += mix(*slot(stored) + stored);
    return token_of(sum, vocabulary_);
  }

  std::size_t block_;
  std::size_t vocabulary_;
  std::vector<std::uint64_t> memory_;
};

}  // namespace parlance::generation::testing
