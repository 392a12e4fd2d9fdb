#include "models/backends/openvino/text_tokenizer.h"

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "generation/utf8_assembler.h"
#include "grpc/error_details.h"
#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

using generation::Token;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path kStorytellerFolder = testing::source("models/repository/storyteller/1");
constexpr Token kEndOfText = 0;

std::unique_ptr<Tokenizer> load(const TokenizerOptions& options = {}) {
  Result<std::unique_ptr<Tokenizer>> tokenizer = load_tokenizer(kStorytellerFolder, options);
  if (!tokenizer) ADD_FAILURE() << tokenizer.error().to_string();
  return std::move(tokenizer.value());
}

std::string decode(const Tokenizer& tokenizer, std::span<const Token> tokens) {
  generation::Utf8Assembler assembler;
  std::string text;
  for (const Token token : tokens) text += assembler.add(tokenizer.token_bytes(token));
  return text + assembler.finish();
}

struct Case {
  std::string text;
  std::vector<Token> tokens;
  std::string decoded;
};

/// What testdata/make_tokenizer_data.py got from the Python package.
std::vector<Case> package_cases() {
  std::ifstream file{testing::source("src/models/backends/openvino/testdata/storyteller_tokens.json")};
  std::vector<Case> cases;
  for (const nlohmann::json& entry : nlohmann::json::parse(file)) {
    cases.push_back({.text = entry.at("text"),
                     .tokens = entry.at("tokens").get<std::vector<Token>>(),
                     .decoded = entry.at("decoded")});
  }
  return cases;
}

TEST(TextTokenizer, AgreesWithThePackageOnTokensAndText) {
  const auto tokenizer = load();
  const std::vector<Case> cases = package_cases();
  EXPECT_GE(cases.size(), 20U);
  for (const Case& expected : cases) {
    const auto tokens = tokenizer->encode(expected.text);
    ASSERT_TRUE(tokens) << tokens.error().to_string();
    EXPECT_EQ(*tokens, expected.tokens) << expected.text;
    EXPECT_EQ(decode(*tokenizer, *tokens), expected.decoded) << expected.text;
  }
}

TEST(TextTokenizer, GivesBackEveryTextWithoutSpecialTokens) {
  const auto tokenizer = load();
  for (const Case& each : package_cases()) {
    if (each.text.find("<|endoftext|>") != std::string::npos) continue;
    EXPECT_EQ(decode(*tokenizer, tokenizer->encode(each.text).value()), each.text);
  }
}

void append_character(std::string& text, std::uint32_t code) {
  const auto put = [&](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12), put(0x80 | (code >> 6 & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18), put(0x80 | (code >> 12 & 0x3F)), put(0x80 | (code >> 6 & 0x3F)),
        put(0x80 | (code & 0x3F));
  }
}

TEST(TextTokenizer, GivesBackRandomCharacters) {
  const auto tokenizer = load();
  constexpr unsigned kSeed = 18170718;
  std::mt19937 random{kSeed};
  constexpr std::array<std::uint32_t, 4> kBeyond{0x80, 0x800, 0xD800, 0x110000};
  for (int i = 0; i < 200; ++i) {
    std::string text;
    for (std::size_t size = random() % 60; text.size() < size;) {
      const std::uint32_t code = random() % kBeyond[random() % kBeyond.size()];
      if (code < 0xD800 || code > 0xDFFF) append_character(text, code);
    }
    const auto tokens = tokenizer->encode(text);
    ASSERT_TRUE(tokens) << tokens.error().to_string();
    EXPECT_EQ(decode(*tokenizer, *tokens), text) << "seed " << kSeed << ", text " << i;
  }
}

TEST(TextTokenizer, CutsAnEmojiAcrossTokensWhichTheAssemblerJoins) {
  const auto tokenizer = load();
  const std::vector<Token> tokens = tokenizer->encode("😀").value();
  ASSERT_EQ(tokens.size(), 4U);
  EXPECT_EQ(tokenizer->token_bytes(tokens[0]), "\xF0");
  EXPECT_EQ(tokenizer->token_bytes(tokens[3]), "\x80");
  generation::Utf8Assembler assembler;
  for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(assembler.add(tokenizer->token_bytes(tokens[i])), "");
  EXPECT_EQ(assembler.add(tokenizer->token_bytes(tokens[3])), "😀");
}

TEST(TextTokenizer, GivesNoTokensForNoText) { EXPECT_THAT(load()->encode("").value(), IsEmpty()); }

TEST(TextTokenizer, CutsALongTextShortNowhere) {
  const auto tokenizer = load();
  std::string text;
  while (text.size() < 200'000) text += "It is a truth universally acknowledged. ";
  const std::vector<Token> tokens = tokenizer->encode(text).value();
  EXPECT_GT(tokens.size(), 50'000U);
  EXPECT_EQ(decode(*tokenizer, tokens), text);
  // A text after a long one is not touched by it.
  EXPECT_EQ(decode(*tokenizer, tokenizer->encode("short").value()), "short");
}

TEST(TextTokenizer, RefusesATextThatIsTooLongAndSaysTheLimit) {
  const auto tokenizer = load({.max_text_bytes = 8});
  EXPECT_TRUE(tokenizer->encode("12345678"));
  const auto refused = tokenizer->encode("123456789");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message(), "the text has 9 bytes; 8 are taken at most");
  const auto info = grpc::error_info(refused.error());
  ASSERT_TRUE(info);
  EXPECT_EQ(info->reason, "INVALID_INPUT");
  EXPECT_EQ(info->get("limit"), "8");
  EXPECT_EQ(info->get("observed"), "9");
}

TEST(TextTokenizer, RefusesWhatIsNotUtf8) {
  const auto tokenizer = load();
  for (const std::string_view text : {"\xFF", "whole \xC3", "\xED\xA0\x80", "\xC0\xAF", "\xF4\x90\x80\x80"}) {
    const auto refused = tokenizer->encode(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(refused.error().message(), "the text is not UTF-8");
    EXPECT_EQ(grpc::error_info(refused.error())->reason, "INVALID_INPUT");
  }
  EXPECT_THAT(tokenizer->encode("").value(), IsEmpty());
}

TEST(TextTokenizer, KnowsTheVocabularyAndItsSpecialTokens) {
  const auto tokenizer = load();
  EXPECT_EQ(tokenizer->vocabulary(), 2048U);
  EXPECT_EQ(tokenizer->end_token(), kEndOfText);
  EXPECT_THAT(tokenizer->special_tokens(), ElementsAre(kEndOfText));
  EXPECT_EQ(tokenizer->token_bytes(kEndOfText), "");
  EXPECT_EQ(tokenizer->special_text(kEndOfText), "<|endoftext|>");
  EXPECT_EQ(tokenizer->special_text(1), "");
  EXPECT_EQ(tokenizer->token_bytes(-1), "");
  EXPECT_EQ(tokenizer->token_bytes(2048), "");
  for (Token token = 1; token < 2048; ++token) EXPECT_FALSE(tokenizer->token_bytes(token).empty()) << token;
}

TEST(TextTokenizer, ReadsASpecialTokenThatIsSpelledOut) {
  const auto tokenizer = load();
  const std::vector<Token> tokens = tokenizer->encode("a<|endoftext|>b").value();
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokens[1], kEndOfText);
  EXPECT_EQ(decode(*tokenizer, tokens), "ab");
}

// testdata/make_tokenizer_data.py has its words.
TEST(TextTokenizer, AddsWhatTheModelWantsAroundATextAndLeavesOutWhatFillsUp) {
  const auto loaded = load_tokenizer(testing::source("src/models/backends/openvino/testdata/padded"), {});
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const Tokenizer& tokenizer = **loaded;
  EXPECT_THAT(tokenizer.encode("one two  what one").value(), ElementsAre(0, 4, 5, 2, 4, 1));
  EXPECT_THAT(tokenizer.encode("").value(), ElementsAre(0, 1));
  EXPECT_THAT(tokenizer.special_tokens(), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(tokenizer.token_bytes(3), "");
  EXPECT_EQ(tokenizer.token_bytes(5), " two");
  EXPECT_EQ(tokenizer.end_token(), std::nullopt);
}

TEST(TextTokenizer, ServesManyThreadsAtOnce) {
  const std::vector<Case> cases = package_cases();
  for (const unsigned copies : {1U, 2U}) {
    const auto tokenizer = load({.threads = copies});
    std::vector<std::size_t> wrong(4);
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      threads.emplace_back([&, i] {
        for (std::size_t turn = 0; turn < 100; ++turn) {
          const Case& expected = cases[(turn + i) % cases.size()];
          if (tokenizer->encode(expected.text) != expected.tokens) ++wrong[i];
        }
      });
    }
    threads.clear();
    EXPECT_THAT(wrong, ElementsAre(0, 0, 0, 0)) << copies;
  }
}

TEST(TextTokenizer, NamesTheFileThatIsMissing) {
  const testing::TempFolder folder;
  const auto nothing = load_tokenizer(folder.path(), {});
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string{nothing.error().message()}, HasSubstr("openvino_tokenizer.xml is missing"));
}

TEST(TextTokenizer, OnlyEncodesWithoutADetokenizer) {
  const testing::TempFolder folder;
  for (const char* const name : {"openvino_tokenizer.xml", "openvino_tokenizer.bin"})
    folder.copy(kStorytellerFolder / name, name);
  const auto loaded = load_tokenizer(folder.path(), {});
  ASSERT_TRUE(loaded) << loaded.error().to_string();
  const std::vector<Token> tokens = (*loaded)->encode("Emma").value();
  EXPECT_EQ(tokens, load()->encode("Emma").value());
  EXPECT_EQ((*loaded)->token_bytes(tokens.front()), "");
  EXPECT_EQ((*loaded)->vocabulary(), 0U);
}

TEST(TextTokenizer, ReadsTheChatTemplateOfItsOwnOrOfAFile) {
  const testing::TempFolder folder;
  folder.copy(kStorytellerFolder / "openvino_tokenizer.bin", "openvino_tokenizer.bin");
  std::string graph = testing::read_file(kStorytellerFolder / "openvino_tokenizer.xml");
  folder.write("openvino_tokenizer.xml", graph);
  EXPECT_EQ(load_tokenizer(folder.path(), {}).value()->chat_template(), "");
  const std::string_view empty = "<chat_template value=\"\" />";
  ASSERT_NE(graph.find(empty), std::string::npos);
  graph.replace(graph.find(empty), empty.size(), "<chat_template value=\"{{ messages[0].content }}\" />");
  folder.write("openvino_tokenizer.xml", graph);
  EXPECT_EQ(load_tokenizer(folder.path(), {}).value()->chat_template(), "{{ messages[0].content }}");
  folder.write("chat_template.jinja", "{{ bos_token }}\n");
  EXPECT_EQ(load_tokenizer(folder.path(), {}).value()->chat_template(), "{{ bos_token }}\n");
}

TEST(TextTokenizer, RefusesModelsThatAreNoTokenizers) {
  const testing::TempFolder folder;
  for (const char* const name : {"openvino_tokenizer", "openvino_detokenizer"}) {
    for (const char* const ending : {".xml", ".bin"}) {
      folder.copy(kStorytellerFolder / (std::string{"openvino_detokenizer"} + ending),
                  std::string{name} + ending);
    }
  }
  const auto refused = load_tokenizer(folder.path(), {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string{refused.error().message()}, HasSubstr("cannot be used"));
}

}  // namespace
}  // namespace parlance::models
