#include "models/warm_up_decoder.h"

#include <algorithm>
#include <vector>

#include "generation/step_plan.h"

namespace parlance::models {
namespace {

using generation::Token;

// The first steps do what the engine left undone at load.
constexpr std::size_t kSteps = 4;

/// One part, of the first `tokens` of a text of zeros: the last one, but at the beginning all.
generation::StepPlan step_of(std::size_t tokens, std::size_t past, std::size_t block_tokens) {
  generation::StepPlan plan;
  const std::vector<Token> text(tokens, Token{0});
  std::vector<generation::PageId> pages(generation::pages_for(tokens, block_tokens));
  for (std::size_t i = 0; i < pages.size(); ++i) pages[i] = static_cast<generation::PageId>(i);
  plan.parts.push_back({.sequence = 1, .past = past, .tokens = tokens - past, .samples = true});
  plan.inputs.add(text, past, pages, block_tokens);
  return plan;
}

}  // namespace

Result<Duration> warm_up_decoder(generation::StepEngine& decoder) {
  Duration shortest = Duration::max();
  const std::size_t room = decoder.pages() * decoder.block_tokens();
  for (std::size_t tokens = 1; tokens <= std::min(kSteps, room); ++tokens) {
    const generation::StepPlan plan = step_of(tokens, tokens - 1, decoder.block_tokens());
    const TimePoint before = Clock::now();
    if (auto logits = decoder.run(plan); !logits) return std::unexpected{std::move(logits).error()};
    shortest = std::min(shortest, Clock::now() - before);
  }
  return shortest;
}

}  // namespace parlance::models
