#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "generation/token.h"

namespace parlance::models {

/// Text to the tokens of one language model, and back. Any number of threads may use one at once.
class Tokenizer {
 public:
  Tokenizer() = default;
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;
  virtual ~Tokenizer() = default;

  /// The tokens of a text in UTF-8, with those that the model wants before and after every text; never cut
  /// short. A special token that is spelled out in the text becomes that token: who puts a caller's words
  /// into a template may want to refuse such words. Computed on the caller's thread. INVALID_ARGUMENT,
  /// INVALID_INPUT: the text is no UTF-8, or longer than it may be (limit and observed, in bytes). INTERNAL,
  /// INFERENCE_FAILED: the engine could not do it.
  virtual Result<std::vector<generation::Token>> encode(std::string_view text) const = 0;

  /// The bytes that a token adds to a text, also where they are a part of a character:
  /// generation::Utf8Assembler joins them. Empty for special tokens, for what is no token, and always when
  /// the model's files do not say how tokens become text. The view lives as long as this.
  virtual std::string_view token_bytes(generation::Token token) const = 0;

  /// Tokens that can become text are 0 to vocabulary() - 1; the model may give logits for more. 0 when the
  /// files do not say how.
  virtual std::size_t vocabulary() const = 0;

  /// In ascending order: tokens that structure a text and are not shown.
  virtual std::span<const generation::Token> special_tokens() const = 0;

  /// How a special token is spelled in a text that is to be encoded ("<|im_end|>"); empty for others, and
  /// when the files do not say. The view lives as long as this.
  virtual std::string_view special_text(generation::Token /*token*/) const { return {}; }

  /// The token with which the model ends a text; nothing when its files name none.
  virtual std::optional<generation::Token> end_token() const = 0;

  /// How a conversation becomes a prompt, in Jinja; empty when the model's files say nothing of it.
  virtual const std::string& chat_template() const = 0;
};

}  // namespace parlance::models
