#include "generation/candidates.h"

#include <algorithm>
#include <limits>

namespace parlance::generation {
namespace {

using Candidate = Candidates::Candidate;

bool is_before(const Candidate& a, const Candidate& b) {
  return a.logit != b.logit ? a.logit > b.logit : a.token < b.token;
}

}  // namespace

void Candidates::collect(std::span<const float> logits, float least, std::size_t most) {
  all_.clear();
  sorted_ = 0;
  most = std::min(most, logits.size());
  if (most == 0) return;
  // Twice as many as wanted are gathered before the worse half goes: a pass over all, however many are
  // wanted.
  const std::size_t room = 2 * most;
  float over = -std::numeric_limits<float>::infinity();
  for (std::size_t token = 0; token < logits.size(); ++token) {
    const float logit = logits[token];
    if (!(logit > over) || logit < least) continue;
    all_.push_back({.logit = logit, .token = static_cast<Token>(token)});
    if (all_.size() < room) continue;
    std::ranges::nth_element(all_, all_.begin() + static_cast<std::ptrdiff_t>(most) - 1, is_before);
    all_.resize(most);
    over = all_.back().logit;  // later tokens with the same logit come after it
  }
  if (all_.size() <= most) return;
  std::ranges::nth_element(all_, all_.begin() + static_cast<std::ptrdiff_t>(most) - 1, is_before);
  all_.resize(most);
}

std::span<const Candidate> Candidates::first(std::size_t count) {
  count = std::min(count, all_.size());
  if (count > sorted_) {
    const auto begin = all_.begin() + static_cast<std::ptrdiff_t>(sorted_);
    const auto end = all_.begin() + static_cast<std::ptrdiff_t>(count);
    if (end != all_.end()) std::nth_element(begin, end, all_.end(), is_before);
    std::sort(begin, end, is_before);
    sorted_ = count;
  }
  return std::span{all_}.first(count);
}

}  // namespace parlance::generation
