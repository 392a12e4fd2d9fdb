#include "models/grammar/grammar_compiler.h"

#include <dlpack/dlpack.h>
#include <xgrammar/xgrammar.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "models/grammar/xgrammar_messages.h"

namespace parlance::models {
namespace {

using generation::Token;
using generation::TokenMask;

/// What goes wrong inside counts as nothing being allowed.
class XgrammarConstraint final : public generation::TokenConstraint {
 public:
  explicit XgrammarConstraint(const xgrammar::CompiledGrammar& grammar)
      : matcher_(grammar),
        words_(
            static_cast<std::size_t>(xgrammar::GetBitmaskSize(grammar.GetTokenizerInfo().GetVocabSize()))) {}

  TokenMask allowed() override {
    if (!std::exchange(is_known_, true)) look();
    return words_;
  }
  void accept(Token token) override {
    is_known_ = false;
    is_broken_ = is_broken_ || !accepts(token);
  }
  bool is_over() override {
    const TokenMask mask = allowed();
    if (is_broken_ || !matcher_.IsCompleted()) return false;
    const std::vector<int>& ends = matcher_.GetStopTokenIds();
    std::size_t left = 0;
    for (const std::uint32_t word : mask) left += static_cast<std::size_t>(std::popcount(word));
    const auto may_end =
        std::ranges::count_if(ends, [&](Token end) { return generation::is_allowed(mask, end); });
    return left == static_cast<std::size_t>(may_end);
  }

 private:
  void look() {
    std::ranges::fill(words_, 0U);
    if (is_broken_) return;
    auto size = static_cast<std::int64_t>(words_.size());
    DLTensor mask{.data = words_.data(),
                  .device = {kDLCPU, 0},
                  .ndim = 1,
                  .dtype = xgrammar::GetBitmaskDLType(),
                  .shape = &size,
                  .strides = nullptr,
                  .byte_offset = 0};
    try {
      if (!matcher_.FillNextTokenBitmask(&mask)) std::ranges::fill(words_, UINT32_MAX);
    } catch (const std::exception&) {
      is_broken_ = true;
      std::ranges::fill(words_, 0U);
    }
  }
  bool accepts(Token token) {
    try {
      return matcher_.AcceptToken(token);
    } catch (const std::exception&) {
      return false;
    }
  }

  xgrammar::GrammarMatcher matcher_;
  std::vector<std::uint32_t> words_;
  bool is_known_ = false;   // words_ are those of this place
  bool is_broken_ = false;  // nothing is allowed any more
};

class XgrammarGrammar final : public generation::TokenGrammar {
 public:
  explicit XgrammarGrammar(xgrammar::CompiledGrammar grammar) : grammar_(std::move(grammar)) {}
  std::unique_ptr<generation::TokenConstraint> begin() const override {
    return std::make_unique<XgrammarConstraint>(grammar_);
  }

 private:
  const xgrammar::CompiledGrammar grammar_;
};

bool is_of(Letters letters, std::string_view text) {
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  return letters == Letters::kAll || std::ranges::none_of(text, is_control);
}

/// Tokens without a text are never allowed, but the end token.
xgrammar::TokenizerInfo info_of(const Tokenizer& tokenizer, Letters letters) {
  std::vector<std::string> texts;
  texts.reserve(tokenizer.vocabulary());
  for (std::size_t token = 0; token < tokenizer.vocabulary(); ++token) {
    const std::string_view text = tokenizer.token_bytes(static_cast<Token>(token));
    texts.emplace_back(is_of(letters, text) ? text : std::string_view{});
  }
  std::vector<std::int32_t> ends;
  if (const auto end = tokenizer.end_token(); end && static_cast<std::size_t>(*end) < texts.size())
    ends.push_back(*end);
  return {texts, xgrammar::VocabType::RAW, std::nullopt, ends};
}

/// A string of xgrammar's EBNF.
std::string quoted(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string literal = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7F) {
      literal += {'\\', 'x', kDigits[byte / 16], kDigits[byte % 16]};
    } else {
      if (c == '"' || c == '\\') literal += '\\';
      literal += c;
    }
  }
  return literal + '"';
}

std::string alternatives_of(const std::vector<std::string>& choices) {
  std::string all;
  for (const std::string& choice : choices) all += (all.empty() ? "" : " | ") + quoted(choice);
  return all;
}

xgrammar::Grammar grammar_of(const TextFormat& format) {
  switch (format.kind) {
    case TextFormat::Kind::kRegex:
      // One automaton, whose steps take no longer the longer the text is; Grammar::FromRegex makes rules,
      // which may. With flags, even none, a dot is no newline.
      return xgrammar::Grammar::FromEBNF(concat("root ::= Regex(", quoted(format.text), ", flags=\"\")"));
    case TextFormat::Kind::kChoice:
      return xgrammar::Grammar::FromEBNF(concat("root ::= ", alternatives_of(format.choices)));
    case TextFormat::Kind::kJsonSchema:
      break;
  }
  // On one line: given any whitespace, a small model may write nothing else.
  return xgrammar::Grammar::FromJSONSchema(format.text, /*any_whitespace=*/false);
}

}  // namespace

struct GrammarCompiler::State {
  mutable xgrammar::GrammarCompiler compiler;
};

GrammarCompiler::GrammarCompiler(const Tokenizer& tokenizer, Letters letters)
    : state_(std::make_unique<State>(xgrammar::GrammarCompiler{info_of(tokenizer, letters), /*max_threads=*/1,
                                                               /*cache_enabled=*/false})) {}
GrammarCompiler::~GrammarCompiler() = default;

std::expected<GrammarCompiler::Compiled, std::string> GrammarCompiler::compile(
    const TextFormat& format) const {
  try {
    const XgrammarWarnings warnings;
    const xgrammar::Grammar grammar = grammar_of(format);
    const xgrammar::CompiledGrammar compiled = state_->compiler.CompileGrammar(grammar);
    if (!warnings.all().empty()) return std::unexpected{warnings.all().front()};
    return Compiled{.grammar = std::make_shared<XgrammarGrammar>(compiled),
                    .bytes = compiled.MemorySizeBytes()};
  } catch (const std::exception& exception) {
    return std::unexpected{words_of(exception)};
  }
}

}  // namespace parlance::models
