// What a text in a form costs: compiling the form, and each step's mask; on the storyteller's vocabulary and
// on one of 128,000 tokens.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <unordered_set>
#include <vector>

#include "models/backends/openvino/text_tokenizer.h"
#include "models/grammar/grammar_compiler.h"

namespace parlance::models {
namespace {

using generation::Token;

constexpr const char* kSchema = R"({"type": "object", "properties": {
    "title": {"type": "string"}, "chapters": {"type": "array", "items": {"type": "integer"}, "maxItems": 9},
    "mood": {"enum": ["glad", "grave", null]},
    "author": {"type": "object", "properties": {"name": {"type": "string"}, "alive": {"type": "boolean"}},
               "required": ["name"]}},
  "required": ["title", "chapters", "mood", "author"]})";

const TextFormat kFormats[] = {
    {.text = kSchema},
    {.text = kAnyObjectSchema},
    {.kind = TextFormat::Kind::kRegex, .text = "[0-9]{4}-[0-9]{2}-[0-9]{2}( [a-z]+){3,9}"}};
const char* const kNames[] = {"schema", "any_object", "regex"};

/// Bytes, and words of 2 to 8 letters of which half begin with a space.
class LargeVocabulary final : public Tokenizer {
 public:
  LargeVocabulary() {
    std::unordered_set<std::string> known;
    for (int byte = 0; byte < 256; ++byte) texts_.emplace_back(1, static_cast<char>(byte));
    std::mt19937 random{1};
    while (texts_.size() < 128'000) {
      std::string word{random() % 2 == 0 ? " " : ""};
      for (std::size_t left = 2 + random() % 7; left > 0; --left)
        word += static_cast<char>('a' + random() % 26);
      if (known.insert(word).second) texts_.push_back(word);
    }
    texts_.emplace_back();
  }
  Result<std::vector<Token>> encode(std::string_view) const override { return std::vector<Token>{}; }
  std::string_view token_bytes(Token token) const override {
    return texts_.at(static_cast<std::size_t>(token));
  }
  std::size_t vocabulary() const override { return texts_.size(); }
  std::span<const Token> special_tokens() const override { return {}; }
  std::optional<Token> end_token() const override { return static_cast<Token>(texts_.size() - 1); }
  const std::string& chat_template() const override { return none_; }

 private:
  std::vector<std::string> texts_;
  const std::string none_;
};

const Tokenizer& vocabulary_of(const benchmark::State& state) {
  static const std::unique_ptr<Tokenizer> storyteller = [] {
    auto loaded =
        load_tokenizer(std::filesystem::path{PARLANCE_SOURCE_DIR} / "models/repository/storyteller/1", {});
    if (!loaded) {
      std::cerr << loaded.error().to_string() << '\n';
      std::exit(1);
    }
    return *std::move(loaded);
  }();
  static const LargeVocabulary large;
  if (state.range(1) == 0) return *storyteller;
  return large;
}

const TextFormat& format_of(benchmark::State& state) {
  state.SetLabel(std::string{kNames[state.range(0)]} +
                 (state.range(1) == 0 ? ", 2,048 tokens" : ", 128,000 tokens"));
  return kFormats[state.range(0)];
}

void compile_format(benchmark::State& state) {
  const GrammarCompiler compiler{vocabulary_of(state), Letters::kOfJson};
  const TextFormat& format = format_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(compiler.compile(format));
}

/// accept(), is_over() and the next mask, along random texts.
void format_step(benchmark::State& state) {
  const Tokenizer& tokenizer = vocabulary_of(state);
  const auto compiled = GrammarCompiler{tokenizer, Letters::kOfJson}.compile(format_of(state));
  std::mt19937 random{1};
  std::vector<Token> allowed;
  const auto next = [&](generation::TokenConstraint& constraint) {
    const generation::TokenMask mask = constraint.allowed();
    allowed.clear();
    for (std::size_t token = 0; token + 1 < tokenizer.vocabulary(); ++token)
      if (generation::is_allowed(mask, static_cast<Token>(token)))
        allowed.push_back(static_cast<Token>(token));
    return allowed[random() % allowed.size()];
  };
  auto constraint = compiled->grammar->begin();
  for (auto _ : state) {
    state.PauseTiming();
    if (constraint->is_over()) constraint = compiled->grammar->begin();
    const Token token = next(*constraint);
    state.ResumeTiming();
    constraint->accept(token);
    benchmark::DoNotOptimize(constraint->is_over());
  }
}

void make_compiler(benchmark::State& state) {
  const Tokenizer& tokenizer = vocabulary_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(GrammarCompiler{tokenizer, Letters::kOfJson});
}

BENCHMARK(compile_format)->ArgsProduct({{0, 1, 2}, {0, 1}})->Unit(benchmark::kMillisecond);
BENCHMARK(format_step)->ArgsProduct({{0, 1, 2}, {0, 1}})->Unit(benchmark::kMicrosecond)->Iterations(4000);
BENCHMARK(make_compiler)->ArgsProduct({{0}, {0, 1}})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace parlance::models
