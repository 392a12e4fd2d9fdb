#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/status.h"
#include "models/tokenizer.h"

namespace parlance::models {

struct TokenizerOptions {
  /// Bytes of a text. More than any context holds; a text of so many takes 0.03 to 0.1 s.
  std::size_t max_text_bytes = 1024 * 1024;
  unsigned threads = 1;  // that encode at the same time; each has a copy of the tables
};

inline constexpr std::string_view kTokenizerFile = "openvino_tokenizer.xml";
inline constexpr std::string_view kDetokenizerFile = "openvino_detokenizer.xml";
inline constexpr std::string_view kChatTemplateFile = "chat_template.jinja";

/// The tokenizer of a model as OpenVINO GenAI and Optimum write it, in `folder`, the model's own:
/// kTokenizerFile; kDetokenizerFile, without which tokens have no text; kChatTemplateFile, which goes before
/// the template that the tokenizer itself names. FAILED_PRECONDITION names the file that is missing or cannot
/// be used.
Result<std::unique_ptr<Tokenizer>> load_tokenizer(const std::filesystem::path& folder,
                                                  const TokenizerOptions& options);

}  // namespace parlance::models
