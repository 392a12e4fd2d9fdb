#pragma once

#include <cstddef>
#include <filesystem>
#include <openvino/openvino.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "generation/token.h"

// Included by this folder's sources only.
namespace parlance::models::openvino {

/// What each token stands for, in one piece of memory.
class Vocabulary {
 public:
  /// `texts` are the tokens from 0; those of `special` (ascending) are taken as empty. `spellings` are those
  /// of `special`.
  Vocabulary(std::span<const std::string> texts, std::vector<generation::Token> special,
             std::vector<std::string> spellings = {});

  std::size_t size() const { return ends_.size(); }
  std::span<const generation::Token> special() const { return special_; }
  /// Empty for what is no token.
  std::string_view bytes(generation::Token token) const;
  /// Of a special token; else empty.
  std::string_view spelling(generation::Token token) const;

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
  std::vector<generation::Token> special_;
  std::vector<std::string> spellings_;
};

/// Of a detokenizer as openvino_tokenizers and openvino_genai write it. It is run once over all tokens, each
/// as a text of its own, without the steps that look at more than one token: the check of UTF-8, which drops
/// parts of characters, and what cuts or joins at a text's borders. So byte-level alphabets and byte tokens
/// (<0x0A>) are resolved by the model's own graph. Throws the engine's exceptions.
Vocabulary read_vocabulary(ov::Core& core, const std::filesystem::path& detokenizer);

}  // namespace parlance::models::openvino
