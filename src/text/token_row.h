#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "generation/token.h"
#include "models/data_type.h"
#include "models/model_config.h"
#include "models/tensor.h"

namespace parlance::text {

/// The tokens of a text as one row of a model's input.
struct TokenRow {
  std::vector<generation::Token> tokens = {};  // at least one
  std::size_t length = 0;                      // of the row: the tokens, and behind them what the mask hides
  bool truncated = false;                      // there were more
};

/// Cuts `tokens` to what the configuration allows and finds the length of their row. When the last token is
/// one of `special` (ascending) it ends the text that is left, too: models are trained on texts that are
/// closed.
TokenRow fit(std::vector<generation::Token> tokens, std::span<const generation::Token> special,
             const models::EmbeddingConfig& config);

/// What one input is told of each token, as a tensor [1, row.length] of INT64 or INT32.
enum class RowPart : unsigned char {
  kTokens,     // 0 behind the text
  kMask,       // 1 for a token, 0 behind the text
  kSegments,   // 0: a text is one segment
  kPositions,  // 0, 1, 2 …
};
models::Tensor to_tensor(const TokenRow& row, RowPart part, std::string name, models::DataType type);

}  // namespace parlance::text
