#include "dialects/inference/generated_tokens.h"

#include <utility>

namespace parlance::dialects::inference {

std::vector<GeneratedToken> to_tokens(text::TextPiece piece, bool is_first) {
  std::vector<GeneratedToken> tokens;
  if (piece.finish == text::Finish::kError && is_first) return tokens;
  GeneratedToken& token = tokens.emplace_back();
  token.token = std::move(piece.text);
  if (piece.sampled) {
    token.token_id = piece.sampled->token;
    token.log_prob = piece.sampled->logprob;
  }
  if (!piece.finish) return tokens;
  switch (*piece.finish) {
    case text::Finish::kStop:
      token.is_final = true;
      token.finish_reason = "stop";
      break;
    case text::Finish::kLength:
      tokens.push_back({.is_final = true, .finish_reason = "length"});
      break;
    case text::Finish::kError:
      token.is_final = true;
      token.finish_reason = "error";
      break;
  }
  return tokens;
}

}  // namespace parlance::dialects::inference
