#include "generation/utf8_assembler.h"

#include <gtest/gtest.h>

#include <random>

namespace parlance::generation {
namespace {

std::string whole(std::string_view bytes) {
  Utf8Assembler assembler;
  std::string text = assembler.add(bytes);
  return text + assembler.finish();
}

TEST(Utf8Assembler, ACharacterComesOutWhenItsLastByteIsThere) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.add("a\xF0\x9F"), "a");
  EXPECT_EQ(assembler.add("\x98"), "");
  EXPECT_EQ(assembler.add("\x80 b"), "\xF0\x9F\x98\x80 b");
  EXPECT_EQ(assembler.finish(), "");
}

TEST(Utf8Assembler, AnUnfinishedCharacterAtTheEndBecomesOneReplacement) {
  Utf8Assembler assembler;
  EXPECT_EQ(assembler.add("x\xE2\x82"), "x");
  EXPECT_EQ(assembler.finish(), "\xEF\xBF\xBD");
  EXPECT_EQ(assembler.finish(), "");
}

TEST(Utf8Assembler, WhatIsNoUtf8IsReplacedAsUnicodeRecommends) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(whole("\x80"), r);
  EXPECT_EQ(whole("\xC0\xAF"), r + r);                  // overlong
  EXPECT_EQ(whole("\xED\xA0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(whole("\xF4\x90\x80\x80"), r + r + r + r);  // above U+10FFFF
  EXPECT_EQ(whole("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF"
                  "A"),
            r + r + r + r + "A");  // table 3-11
}

TEST(Utf8Assembler, TheWayBytesAreCutChangesNothing) {
  const unsigned seed = 20240607;
  std::mt19937 random{seed};
  const std::string_view parts[] = {"a",    "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x98\x80",
                                    "\x80", "\xE2\x82", "\xF0\x9F",     "\xFF"};
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 8; ++i) text += parts[random() % std::size(parts)];
    Utf8Assembler assembler;
    std::string joined;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 3;
      joined += assembler.add(std::string_view{text}.substr(at, size));
      at += size;
    }
    joined += assembler.finish();
    ASSERT_EQ(joined, whole(text)) << "seed " << seed << ", round " << round;
  }
}

}  // namespace
}  // namespace parlance::generation
