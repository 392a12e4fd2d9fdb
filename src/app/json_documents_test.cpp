#include "app/json_documents.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace parlance::app {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> documents_of(std::vector<std::string> pieces) {
  std::size_t at = 0;
  JsonDocuments documents{[&] { return at < pieces.size() ? pieces[at++] : std::string{}; }};
  std::vector<std::string> all;
  while (true) {
    auto document = documents.next();
    if (!document) {
      all.push_back("error: " + document.error());
      return all;
    }
    if (!*document) return all;
    all.push_back(**document);
  }
}

const std::string kSeveral = R"( {"a": "}{\"\\"} {"b": [1, {"c": 2}]}[3]
  "text with \" and }" 12 true{"d":1}
null)";
const std::vector<std::string> kEach = {R"({"a": "}{\"\\"})",
                                        R"({"b": [1, {"c": 2}]})",
                                        "[3]",
                                        R"("text with \" and }")",
                                        "12",
                                        "true",
                                        R"({"d":1})",
                                        "null"};

TEST(JsonDocuments, FollowOneAnotherWithOrWithoutSpace) { EXPECT_EQ(documents_of({kSeveral}), kEach); }

TEST(JsonDocuments, AreTheSameHoweverTheirTextIsCut) {
  std::vector<std::string> bytes;
  for (const char c : kSeveral) bytes.emplace_back(1, c);
  EXPECT_EQ(documents_of(bytes), kEach) << "one byte at a time";

  const unsigned seed = std::random_device{}();
  std::mt19937 random{seed};
  for (int round = 0; round < 200; ++round) {
    std::vector<std::string> pieces;
    for (std::size_t at = 0; at < kSeveral.size();) {
      pieces.push_back(kSeveral.substr(at, 1 + random() % 9));
      at += pieces.back().size();
    }
    EXPECT_EQ(documents_of(pieces), kEach) << "seed " << seed;
  }
}

TEST(JsonDocuments, AreGivenAsSoonAsTheyAreComplete) {
  JsonSplitter splitter;
  splitter.feed("{\"a\":");
  EXPECT_EQ(splitter.next(), std::nullopt);
  splitter.feed("1}");
  EXPECT_EQ(splitter.next(), "{\"a\":1}");
  EXPECT_EQ(splitter.next(), std::nullopt);
}

TEST(JsonDocuments, NoneInSpace) {
  EXPECT_THAT(documents_of({}), ElementsAre());
  EXPECT_THAT(documents_of({" \n\t\r\n"}), ElementsAre());
}

TEST(JsonDocuments, KnowTheLineTheyBeginOn) {
  JsonDocuments documents = JsonDocuments::of_text("{\n}\n\n  {}\n");
  EXPECT_TRUE(documents.next());
  EXPECT_EQ(documents.line(), 1);
  EXPECT_TRUE(documents.next());
  EXPECT_EQ(documents.line(), 4);
}

TEST(JsonDocuments, WhatIsCutOffIsAnError) {
  EXPECT_THAT(documents_of({"{}\n{\"a\": ["}),
              ElementsAre("{}", "error: the JSON that begins on line 2 is not complete"));
  EXPECT_THAT(documents_of({"\"abc"}), ElementsAre("error: the JSON that begins on line 1 is not complete"));
}

}  // namespace
}  // namespace parlance::app
