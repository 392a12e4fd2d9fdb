#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "generation/token.h"

namespace parlance::generation {

/// Tokens among which one is drawn, each with its logit. Their order is total (the greater logit, among
/// equals the lower token), so the first n are the same however they were found; no more of them are sorted
/// than are looked at.
class Candidates {
 public:
  struct Candidate {
    float logit;
    Token token;
  };

  /// The `most` first of those tokens whose logit is at least `least` and not -infinity.
  void collect(std::span<const float> logits, float least, std::size_t most);

  std::size_t size() const { return all_.size(); }
  /// The first `count` candidates, in order; fewer when there are fewer.
  std::span<const Candidate> first(std::size_t count);

 private:
  std::vector<Candidate> all_;
  std::size_t sorted_ = 0;  // the first so many are in order, and before all others
};

}  // namespace parlance::generation
