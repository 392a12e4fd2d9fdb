#include "wire/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace parlance::wire {
namespace {

bool is_text(std::string_view text) { return is_utf8(as_bytes(text)); }

// Before it the same text of every length up to two words, so that it falls on every place of the fast path.
bool is_text_anywhere(const std::string& text) {
  const bool expected = is_text(text);
  for (std::size_t length = 0; length < 17; ++length) {
    EXPECT_EQ(is_text(std::string(length, 'a') + text), expected) << length;
    EXPECT_EQ(is_text(text + std::string(length, 'a')), expected) << length;
  }
  return expected;
}

TEST(Utf8, TakesTheFirstAndLastCharacterOfEachLength) {
  for (const std::string text : {"", "a", "\x7f", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF",
                                 "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_text_anywhere(text)) << text;
  }
  EXPECT_TRUE(is_text_anywhere(std::string("\0", 1)));
}

TEST(Utf8, RefusesWhatIsBeyondThem) {
  for (const std::string text : {"\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",  // longer than needed
                                 "\xED\xA0\x80", "\xED\xBF\xBF",                  // surrogates
                                 "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",          // above U+10FFFF
                                 "\xFE", "\xFF", "\x80", "\xBF"}) {
    EXPECT_FALSE(is_text_anywhere(text)) << text;
  }
}

TEST(Utf8, RefusesCharactersThatAreCutOff) {
  for (const std::string text : {"\xC2", "\xE1\x80", "\xE1", "\xF1\x80\x80", "\xF1\x80", "\xF1",
                                 "\xC2"
                                 "a",
                                 "\xE1\x80"
                                 "a",
                                 "\xF1\x80\x80"
                                 "a"}) {
    EXPECT_FALSE(is_text_anywhere(text)) << text;
  }
}

}  // namespace
}  // namespace parlance::wire
