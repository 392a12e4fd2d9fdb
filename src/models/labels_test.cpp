#include "models/labels.h"

#include <gtest/gtest.h>

#include <limits>

#include "models/testing/temp_folder.h"

namespace parlance::models {
namespace {

TEST(Labels, AreTheLinesOfAFile) {
  testing::TempFolder folder;
  folder.write("labels.txt", "cat\r\nbig dog\r\nKäse\n");
  EXPECT_EQ(read_labels(folder.path() / "labels.txt"), (Labels{"cat", "big dog", "Käse"}));
  folder.write("no_end.txt", "a\nb");
  EXPECT_EQ(read_labels(folder.path() / "no_end.txt"), (Labels{"a", "b"}));
}

TEST(Labels, SayWhyTheyCannotBeRead) {
  testing::TempFolder folder;
  EXPECT_EQ(read_labels(folder.path() / "labels.txt").error().message(), "labels.txt: cannot be read");
  folder.write("labels.txt", "");
  EXPECT_EQ(read_labels(folder.path() / "labels.txt").error().message(), "labels.txt: is empty");
  folder.write("labels.txt", "a\n\nb\n");
  EXPECT_EQ(read_labels(folder.path() / "labels.txt").error().message(), "labels.txt: line 2 is empty");
}

TEST(TopK, RanksByScoreAndThenByClass) {
  const Labels labels{"a", "b", "c", "d"};
  EXPECT_EQ(top_k(std::vector{0.1F, 0.4F, 0.4F, 0.2F}, labels, 3),
            (std::vector<ClassScore>{{"b", 0.4F, 1}, {"c", 0.4F, 2}, {"d", 0.2F, 3}}));
}

TEST(TopK, GivesAllWhenThereAreFewer) {
  EXPECT_EQ(top_k(std::vector{0.1F, 0.9F}, Labels{"a", "b"}, 5),
            (std::vector<ClassScore>{{"b", 0.9F, 1}, {"a", 0.1F, 0}}));
  EXPECT_TRUE(top_k({}, Labels{}, 5).empty());
}

TEST(TopK, PutsNotANumberLast) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<ClassScore> best = top_k(std::vector{nan, -1.0F, 2.0F}, Labels{"a", "b", "c"}, 3);
  EXPECT_EQ(best[0].class_id, 2);
  EXPECT_EQ(best[1].class_id, 1);
  EXPECT_EQ(best[2].class_id, 0);
}

}  // namespace
}  // namespace parlance::models
