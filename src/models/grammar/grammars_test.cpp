#include "models/grammar/grammars.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "generation/utf8_assembler.h"
#include "grpc/error_details.h"

namespace parlance::models {
namespace {

using generation::Token;
using generation::TokenConstraint;
using nlohmann::json;
using ::testing::HasSubstr;

/// Every byte is a token, and some texts of several. 0 is the end token, 1 a special one that "<|im_end|>"
/// spells.
class SmallTokenizer final : public Tokenizer {
 public:
  SmallTokenizer() : texts_{"", ""} {
    for (int byte = 0; byte < 256; ++byte) texts_.emplace_back(1, static_cast<char>(byte));
    for (const char* text :
         {"{\"", "\":", "true", "\", \"", " the", "<|im_end|>", "12", "\xC3\xBC", "}", "name"})
      texts_.emplace_back(text);
  }
  Result<std::vector<Token>> encode(std::string_view) const override { return std::vector<Token>{}; }
  std::string_view token_bytes(Token token) const override {
    return texts_.at(static_cast<std::size_t>(token));
  }
  std::size_t vocabulary() const override { return texts_.size(); }
  std::span<const Token> special_tokens() const override { return special_; }
  std::optional<Token> end_token() const override { return end; }
  const std::string& chat_template() const override { return none_; }

  std::optional<Token> end = 0;

 private:
  std::vector<std::string> texts_;
  const std::vector<Token> special_{0, 1};
  const std::string none_;
};

TextFormat schema(std::string text) { return {.text = std::move(text)}; }
TextFormat regex(std::string text) { return {.kind = TextFormat::Kind::kRegex, .text = std::move(text)}; }
TextFormat choice(std::vector<std::string> choices) {
  return {.kind = TextFormat::Kind::kChoice, .choices = std::move(choices)};
}

constexpr const char* kPerson = R"({"type": "object", "properties": {
    "name": {"type": "string", "maxLength": 12}, "age": {"type": "integer", "minimum": 0, "maximum": 150},
    "likes": {"type": "array", "items": {"enum": ["tea", "a \"quote\"", null]}, "maxItems": 3},
    "home": {"anyOf": [{"type": "null"}, {"type": "boolean"}]}},
  "required": ["name", "age", "likes", "home"]})";

void expect_person(const std::string& text) {
  const json person = json::parse(text, nullptr, /*allow_exceptions=*/false);
  ASSERT_TRUE(person.is_object()) << text;
  EXPECT_EQ(person.size(), 4U) << text;
  EXPECT_TRUE(person.at("name").is_string()) << text;
  EXPECT_TRUE(person.at("age").is_number_integer() && person.at("age") >= 0 && person.at("age") <= 150)
      << text;
  ASSERT_TRUE(person.at("likes").is_array() && person.at("likes").size() <= 3) << text;
  for (const json& like : person.at("likes"))
    EXPECT_TRUE(like == "tea" || like == "a \"quote\"" || like.is_null()) << text;
  EXPECT_TRUE(person.at("home").is_null() || person.at("home").is_boolean()) << text;
}

class GrammarsTest : public ::testing::Test {
 protected:
  std::unique_ptr<TokenConstraint> begin(const TextFormat& format) {
    const auto grammar = grammars_.compile(format);
    EXPECT_TRUE(grammar) << grammar.error().message();
    return (*grammar)->begin();
  }

  std::vector<Token> allowed(TokenConstraint& constraint) const {
    const generation::TokenMask mask = constraint.allowed();
    std::vector<Token> tokens;
    for (Token token = 0; static_cast<std::size_t>(token) < tokenizer_.vocabulary(); ++token)
      if (generation::is_allowed(mask, token)) tokens.push_back(token);
    return tokens;
  }

  /// A random text of at most `most` tokens, with "…" behind one that had no end by then.
  std::string walk(TokenConstraint& constraint, std::mt19937& random, std::size_t most = 2000) const {
    generation::Utf8Assembler characters;  // grammars know characters that Unicode does not
    std::string text;
    for (std::size_t made = 0; made < most; ++made) {
      const std::vector<Token> tokens = allowed(constraint);
      EXPECT_FALSE(tokens.empty()) << text;
      if (tokens.empty()) return text;
      const Token token = tokens[random() % tokens.size()];
      EXPECT_NE(token, 1) << "a special token after " << text;
      if (token == 0) return text + characters.finish();
      text += characters.add(tokenizer_.token_bytes(token));
      constraint.accept(token);
      if (constraint.is_over()) return text + characters.finish();
    }
    return text + "…";
  }

  std::string problem(const TextFormat& format) {
    const auto grammar = grammars_.compile(format);
    if (grammar) return "";
    EXPECT_EQ(grammar.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(grpc::error_info(grammar.error())->get("knob"), kFormatKnob);
    return std::string{grammar.error().message()};
  }

  SmallTokenizer tokenizer_;
  Grammars grammars_{"m", tokenizer_};
};

TEST_F(GrammarsTest, EveryTextOfASchemaSatisfiesIt) {
  std::mt19937 random{5};
  for (int i = 0; i < 50; ++i) expect_person(walk(*begin(schema(kPerson)), random));
}

TEST_F(GrammarsTest, EveryTextOfAnExpressionMatchesIt) {
  std::mt19937 random{6};
  for (const char* expression :
       {"[0-9]{3}-(true|name)?x", "^(a|b)c{2,5}$", "(12|2)+;", R"(\d+\.\d{2} \w{3})", R"([.a]"\\\.!)"}) {
    const std::regex matches{expression};
    for (int i = 0; i < 30; ++i) {
      const std::string text = walk(*begin(regex(expression)), random);
      EXPECT_TRUE(std::regex_match(text, matches)) << expression << " made " << text;
    }
  }
}

TEST_F(GrammarsTest, ADotIsAnyCharacterButTheNewline) {
  const auto constraint = begin(regex("a.b"));
  constraint->accept('a' + 2);
  const generation::TokenMask mask = constraint->allowed();
  for (const char c : {'.', 'x', '\t', ' ', '"', '\\'}) EXPECT_TRUE(generation::is_allowed(mask, c + 2)) << c;
  EXPECT_FALSE(generation::is_allowed(mask, '\n' + 2));
}

TEST_F(GrammarsTest, AChoiceIsTakenAsItStands) {
  std::mt19937 random{7};
  const std::vector<std::string> choices = {"yes", "a \"b\" \\n", "two\nlines\t", "für", "<|im_end|>"};
  std::set<std::string> made;
  for (int i = 0; i < 60; ++i) made.insert(walk(*begin(choice(choices)), random));
  EXPECT_EQ(made, (std::set<std::string>{choices.begin(), choices.end()}));
}

TEST_F(GrammarsTest, AnyObjectIsJson) {
  std::mt19937 random{8};
  std::size_t whole = 0;
  for (int i = 0; i < 50; ++i) {
    const std::string text = walk(*begin(schema(kAnyObjectSchema)), random, 400);
    if (text.ends_with("…")) continue;
    ++whole;
    // What this parser is stricter in than JSON: numbers have a range, surrogates a partner.
    static const std::regex stricter{R"([eE][+-]?[0-9]+|\\u[dD][0-9a-fA-F]{3})"};
    const std::string plain = std::regex_replace(text, stricter, "");
    EXPECT_TRUE(json::parse(plain, nullptr, false).is_object()) << text;
  }
  EXPECT_GT(whole, 5U);
}

TEST_F(GrammarsTest, TheEndIsAllowedWhereTheTextMayEnd) {
  const auto constraint = begin(regex("ab*"));
  EXPECT_EQ(allowed(*constraint), std::vector<Token>{'a' + 2});
  constraint->accept('a' + 2);
  EXPECT_EQ(allowed(*constraint), (std::vector<Token>{0, 'b' + 2}));
  EXPECT_FALSE(constraint->is_over()) << "it may go on";
  const auto exact = begin(regex("a"));
  exact->accept('a' + 2);
  EXPECT_EQ(allowed(*exact), std::vector<Token>{0});
  EXPECT_TRUE(exact->is_over());
}

TEST_F(GrammarsTest, AModelWithoutAnEndTokenEndsWhereNothingMayFollow) {
  SmallTokenizer tokenizer;
  tokenizer.end.reset();
  Grammars grammars{"m", tokenizer};
  const auto constraint = (*grammars.compile(regex("ab?")))->begin();
  EXPECT_EQ(allowed(*constraint), std::vector<Token>{'a' + 2});
  constraint->accept('a' + 2);
  EXPECT_EQ(allowed(*constraint), std::vector<Token>{'b' + 2});
  constraint->accept('b' + 2);
  EXPECT_TRUE(constraint->is_over());
}

TEST_F(GrammarsTest, WhatSpellsASpecialTokenIsMadeOfOthers) {
  const auto constraint = begin(schema(R"({"const": "<|im_end|>"})"));
  std::mt19937 random{9};
  EXPECT_EQ(walk(*constraint, random), "\"<|im_end|>\"");
}

TEST_F(GrammarsTest, SequencesOfOneGrammarStandEachForItself) {
  const auto a = begin(regex("abc")), b = begin(regex("abc"));
  a->accept('a' + 2);
  EXPECT_EQ(allowed(*a), std::vector<Token>{'b' + 2});
  EXPECT_EQ(allowed(*b), std::vector<Token>{'a' + 2});
}

TEST_F(GrammarsTest, WhatWasNotAllowedEndsAllThatFollows) {
  const auto constraint = begin(regex("abc"));
  constraint->accept('x' + 2);
  EXPECT_EQ(allowed(*constraint), std::vector<Token>{});
  EXPECT_FALSE(constraint->is_over());
}

TEST_F(GrammarsTest, WhatCannotBeUsedIsSaid) {
  const struct {
    TextFormat format;
    const char* says;
  } cases[] = {
      {schema(""), "cannot be held to this JSON schema: it is empty"},
      {schema("{"), "it is not JSON"},
      {schema("no"), "it is not JSON"},
      {schema("7"), "a schema is an object, or true"},
      {schema("false"), "cannot accept any value"},
      {schema(R"({"type": "text"})"), "Unsupported type \"text\""},
      {schema(R"({"type": "array", "uniqueItems": true})"), "keyword uniqueItems is not supported"},
      {schema(R"({"properties": {"a": {"items": {"anyOf": [true, {"not": {}}]}}}})"),
       "keyword not is not supported"},
      {schema(R"({"$defs": {"a": {"if": {}}}})"), "keyword if is not supported"},
      {schema(R"({"type": "number", "multipleOf": 0.5})"), "multipleOf is not supported"},
      {schema(R"({"type": "object", "properties": {"a": {"$ref": "https://a.b/c"}}})"), "https://a.b/c"},
      {schema(R"({"type": "integer", "minimum": 9, "maximum": 3})"), "minimum"},
      {schema(std::string(100, '[')), "it has more than 64 levels"},
      {schema("{\"a\": \"" + std::string(70000, 'x') + "\"}"), "it has 70009 bytes; 65536 are taken at most"},
      {schema("{\"a\": \"\xFF\"}"), "it is not UTF-8"},
      {regex(""), "cannot be held to this regular expression: it is empty"},
      {regex("a("), "regular expression: "},
      {regex("(?=a)b"), "Lookahead assertion is not supported"},
      {regex(R"((a)\1)"), "is not supported in regex"},
      {regex(std::string(100, '(') + "a" + std::string(100, ')')), "it has more than 64 levels"},
      {regex(std::string(5000, 'a')), "it has 5000 bytes; 4096 are taken at most"},
      {regex("a^b"), "Anchor '^' in the middle"},
      {choice({}), "there must be 1 to 1024 choices, got 0"},
      {choice({"a", ""}), "a choice must not be empty"},
      {choice({"\xC3"}), "it is not UTF-8"},
  };
  for (const auto& each : cases)
    EXPECT_THAT(problem(each.format), HasSubstr(each.says)) << each.format.text.substr(0, 80);
}

TEST_F(GrammarsTest, WordsOfASchemaThatAreNoKeywordsAreTaken) {
  for (const char* text :
       {R"({"type": "object", "properties": {"not": {"type": "null"}, "if": true}})",
        R"({"enum": [{"uniqueItems": true}]})", R"({"const": {"else": 1}})", "true",
        R"({"type": "array", "uniqueItems": false})", R"({"title": "x", "description": "y"})"})
    EXPECT_EQ(problem(schema(text)), "") << text;
}

TEST_F(GrammarsTest, AreKeptForTheNextWhoAsksUntilOthersTakeTheirPlace) {
  Grammars grammars{"m", tokenizer_, {.max_kept = 2}};
  EXPECT_EQ(grammars.find(regex("a")), nullptr);
  const auto first = grammars.compile(regex("a"));
  ASSERT_TRUE(first);
  EXPECT_EQ(grammars.find(regex("a")), *first);
  EXPECT_EQ(*grammars.compile(regex("a")), *first);
  EXPECT_EQ(grammars.find(schema("a")), nullptr) << "another kind";
  ASSERT_TRUE(grammars.compile(regex("b")));
  EXPECT_NE(grammars.find(regex("a")), nullptr);
  ASSERT_TRUE(grammars.compile(regex("c")));
  EXPECT_EQ(grammars.find(regex("b")), nullptr) << "it was used longest ago";
  EXPECT_NE(grammars.find(regex("a")), nullptr);
  Grammars small{"m", tokenizer_, {.max_kept_bytes = 1}};
  ASSERT_TRUE(small.compile(regex("a")));
  EXPECT_NE(small.find(regex("a")), nullptr) << "the last is kept";
  ASSERT_TRUE(small.compile(regex("b")));
  EXPECT_EQ(small.find(regex("a")), nullptr);
}

}  // namespace
}  // namespace parlance::models
