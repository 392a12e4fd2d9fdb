#include "models/backends/openvino/vocabulary.h"

#include <gmock/gmock.h>

#include "generation/utf8_assembler.h"
#include "models/backends/openvino/core.h"
#include "models/backends/openvino/tokenizers_library.h"
#include "models/testing/temp_folder.h"

namespace parlance::models::openvino {
namespace {

using generation::Token;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Vocabulary read(std::string_view file) {
  ov::Core core = new_core();
  add_tokenizers(core, find_tokenizers_library(engine_library()).value());
  return read_vocabulary(core, testing::source("src/models/backends/openvino/testdata") / file);
}

TEST(Vocabulary, GivesEachTokenItsBytes) {
  const std::vector<std::string> texts{"a", "", "bcd", "</s>"};
  const Vocabulary vocabulary{texts, {3}, {"</s>"}};
  EXPECT_EQ(vocabulary.size(), 4U);
  EXPECT_EQ(vocabulary.bytes(0), "a");
  EXPECT_EQ(vocabulary.bytes(1), "");
  EXPECT_EQ(vocabulary.bytes(2), "bcd");
  EXPECT_EQ(vocabulary.bytes(3), "");
  EXPECT_EQ(vocabulary.spelling(3), "</s>");
  EXPECT_EQ(vocabulary.spelling(2), "");
  EXPECT_THAT(vocabulary.special(), ElementsAre(3));
}

TEST(Vocabulary, HasNoBytesForWhatIsNoToken) {
  const std::vector<std::string> texts{"a"};
  const Vocabulary vocabulary{texts, {}};
  EXPECT_EQ(vocabulary.bytes(-1), "");
  EXPECT_EQ(vocabulary.bytes(1), "");
  EXPECT_EQ(vocabulary.bytes(INT32_MAX), "");
  EXPECT_EQ((Vocabulary{{}, {}}).bytes(0), "");
}

// testdata/make_tokenizer_data.py has the tokens of both files.
TEST(Vocabulary, ResolvesByteTokensAndKeepsTheSpaceAtATokensBeginning) {
  const Vocabulary vocabulary = read("byte_fallback.xml");
  EXPECT_EQ(vocabulary.size(), 263U);
  EXPECT_THAT(vocabulary.special(), ElementsAre(0, 1));
  EXPECT_EQ(vocabulary.bytes(0), "");
  EXPECT_EQ(vocabulary.bytes(2), " Hello");
  EXPECT_EQ(vocabulary.bytes(3), " ");
  EXPECT_EQ(vocabulary.bytes(4), "wor");
  EXPECT_EQ(vocabulary.bytes(6), "é");
  for (int byte = 0; byte < 256; ++byte) {
    EXPECT_EQ(vocabulary.bytes(static_cast<Token>(7 + byte)), std::string(1, static_cast<char>(byte)))
        << byte;
  }
}

TEST(Vocabulary, ReadsTheAlphabetOfBytes) {
  const Vocabulary vocabulary = read("byte_alphabet.xml");
  EXPECT_THAT(vocabulary.special(), ElementsAre(0));
  EXPECT_EQ(vocabulary.bytes(0), "");
  EXPECT_EQ(vocabulary.bytes(1), "Hello");
  EXPECT_EQ(vocabulary.bytes(2), " world");
  EXPECT_EQ(vocabulary.bytes(3), "\n");
  EXPECT_EQ(vocabulary.bytes(4), "é");
  EXPECT_EQ(vocabulary.bytes(5), "\xF0\x9F");
  EXPECT_EQ(vocabulary.bytes(6), "\x98\x80");
  generation::Utf8Assembler text;
  EXPECT_EQ(text.add(vocabulary.bytes(5)), "");
  EXPECT_EQ(text.add(vocabulary.bytes(6)), "😀");
}

TEST(Vocabulary, OfAFileThatIsNoDetokenizerIsRefused) {
  ov::Core core = new_core();
  try {
    read_vocabulary(core, testing::source("models/repository/storyteller/1/openvino_model.xml"));
    FAIL() << "it was read";
  } catch (const std::exception& exception) {
    EXPECT_THAT(exception.what(), HasSubstr("the detokenizer has no vocabulary that can be read"));
  }
}

}  // namespace
}  // namespace parlance::models::openvino
