#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>

#include "generation/token.h"

namespace parlance::generation {

/// Which tokens are in a sequence: what penalties need to know.
class TokenCounts {
 public:
  struct Count {
    bool in_prompt = false;
    std::uint32_t made = 0;
  };

  void add_prompt(std::span<const Token> tokens) {
    for (const Token token : tokens) counts_[token].in_prompt = true;
  }
  void add_made(Token token) { ++counts_[token].made; }

  const std::unordered_map<Token, Count>& counts() const { return counts_; }

 private:
  std::unordered_map<Token, Count> counts_;
};

}  // namespace parlance::generation
