#include "generation/stop_matcher.h"

#include <gtest/gtest.h>

#include <random>

namespace parlance::generation {
namespace {

struct Outcome {
  std::string text;
  std::optional<std::size_t> index;
  bool operator==(const Outcome&) const = default;
};

Outcome run(const std::vector<std::string>& stops, const std::vector<std::string>& pieces,
            bool included = false) {
  StopMatcher matcher{stops, included};
  Outcome outcome;
  for (const std::string& piece : pieces) {
    StopMatcher::Found found = matcher.add(piece);
    outcome.text += found.text;
    outcome.index = found.index;
    if (found.index) return outcome;
  }
  outcome.text += matcher.finish();
  return outcome;
}

TEST(StopMatcher, FindsAStringAcrossPieces) {
  EXPECT_EQ(run({"END"}, {"one E", "N", "D two"}), (Outcome{"one ", 0}));
  EXPECT_EQ(run({"END"}, {"one E", "N", "D two"}, true), (Outcome{"one END", 0}));
}

TEST(StopMatcher, TextThatMayBeginAStringIsHeldBackAndReleasedWhenItDoesNot) {
  StopMatcher matcher{{"\n\nUser:"}};
  EXPECT_EQ(matcher.add("Hello\n").text, "Hello");
  EXPECT_EQ(matcher.add("\nUs").text, "");
  EXPECT_EQ(matcher.held_bytes(), 4u);
  EXPECT_EQ(matcher.add("ually").text, "\n\nUsually");
  EXPECT_EQ(matcher.held_bytes(), 0u);
}

TEST(StopMatcher, AStringThatBeginsWithinItselfIsFound) {
  EXPECT_EQ(run({"aab"}, {"a", "a", "a", "b"}), (Outcome{"a", 0}));
  EXPECT_EQ(run({"abac"}, {"aba", "bac"}), (Outcome{"ab", 0}));
}

TEST(StopMatcher, TheFirstInTheTextCountsNotTheFirstInTheList) {
  EXPECT_EQ(run({"late", "ear"}, {"an early and late one"}), (Outcome{"an ", 1}));
  EXPECT_EQ(run({"abcd", "c"}, {"abcd"}), (Outcome{"ab", 1})) << "the one that ends first";
  EXPECT_EQ(run({"d", "cd"}, {"abcd"}), (Outcome{"ab", 1})) << "of those that end together the longest";
}

TEST(StopMatcher, WhatIsHeldAtTheEndIsText) {
  EXPECT_EQ(run({"stop"}, {"they sto"}), (Outcome{"they sto", std::nullopt}));
}

TEST(StopMatcher, WithoutStringsEverythingPassesAtOnce) {
  StopMatcher matcher{{}};
  EXPECT_EQ(matcher.add("text").text, "text");
  EXPECT_EQ(matcher.held_bytes(), 0u);
}

TEST(StopMatcher, TheWayATextIsCutChangesNothing) {
  const unsigned seed = 20240607;
  std::mt19937 random{seed};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) text += static_cast<char>('a' + random() % 2);
    const std::vector<std::string> stops{
        std::string(1 + random() % 3, 'a') + "b" + std::string(random() % 3, 'a'), "bbbb"};
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t size = 1 + random() % 4;
      pieces.push_back(text.substr(at, size));
      at += size;
    }
    ASSERT_EQ(run(stops, pieces).text, run(stops, {text}).text)
        << "seed " << seed << ", " << text << " " << stops[0];
  }
}

TEST(StopMatcher, StringsThatCannotBeUsedAreNamed) {
  const std::vector<std::string> empty{""}, long_one{std::string(257, 'x')}, many(17, "x"), fine{"\n", "END"};
  EXPECT_EQ(problem_of_stop_strings(fine), std::nullopt);
  EXPECT_EQ(problem_of_stop_strings(empty), "a stop string is empty");
  EXPECT_EQ(problem_of_stop_strings(long_one), "a stop string has 257 bytes, at most 256");
  EXPECT_EQ(problem_of_stop_strings(many), "stop has 17 strings, at most 16");
}

}  // namespace
}  // namespace parlance::generation
