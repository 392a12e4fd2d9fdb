#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "text/generate.h"

namespace parlance::dialects::inference {

/// A GenerateToken but for its request_id.
struct GeneratedToken {
  std::string token;
  std::int32_t token_id = 0;
  float log_prob = 0;
  bool is_final = false;
  std::string finish_reason;
  bool operator==(const GeneratedToken&) const = default;
};

/// What a piece is in the protocol: a token each, and exactly one final one. The model's end token is the
/// final one itself ("stop"), and has the text that was held back; behind the last of max_tokens comes an
/// empty one
/// ("length"); an error behind tokens is told by one ("error") before the call's status. Nothing for an error
/// before any token.
std::vector<GeneratedToken> to_tokens(text::TextPiece piece, bool is_first);

}  // namespace parlance::dialects::inference
