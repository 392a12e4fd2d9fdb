#include "generation/step_plan.h"

#include <algorithm>

namespace parlance::generation {

void StepInputs::add(std::span<const Token> tokens, std::size_t past, std::span<const PageId> pages,
                     std::size_t block_tokens) {
  if (past_lens.empty()) {
    subsequence_begins.push_back(0);
    block_indices_begins.push_back(0);
  }
  for (std::size_t at = past; at < tokens.size(); ++at) {
    input_ids.push_back(tokens[at]);
    position_ids.push_back(static_cast<std::int64_t>(at));
  }
  const std::span<const PageId> used = pages.first(pages_for(tokens.size(), block_tokens));
  block_indices.insert(block_indices.end(), used.begin(), used.end());
  past_lens.push_back(static_cast<std::int32_t>(past));
  subsequence_begins.push_back(static_cast<std::int32_t>(input_ids.size()));
  block_indices_begins.push_back(static_cast<std::int32_t>(block_indices.size()));
  max_context_len = std::max(max_context_len, static_cast<std::int32_t>(tokens.size()));
}

}  // namespace parlance::generation
