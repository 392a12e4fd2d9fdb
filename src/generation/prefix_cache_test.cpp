#include "generation/prefix_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "generation/block_table.h"

namespace parlance::generation {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const std::vector<Token> kStory{1, 2, 3, 4, 5, 6, 7};  // three full blocks of two, and one token

/// A table that holds `tokens`; its copies must not be needed.
BlockTable table_with(PrefixCache& cache, std::span<const Token> tokens, std::uint64_t salt = 0) {
  BlockTable table;
  std::vector<PageCopy> copies;
  EXPECT_TRUE(table.reserve(cache, tokens.size(), copies));
  table.fill(cache, tokens, salt);
  EXPECT_THAT(copies, IsEmpty());
  return table;
}

TEST(PrefixCache, FindsTheFullBlocksOfABeginning) {
  PrefixCache cache{8, {.block_tokens = 2}};
  BlockTable table = table_with(cache, kStory);
  const std::vector<PageId> pages(table.pages().begin(), table.pages().end());
  EXPECT_THAT(cache.match(kStory, 0), ElementsAre(pages[0], pages[1], pages[2]));
  EXPECT_THAT(cache.match(std::vector<Token>{1, 2, 3}, 0), ElementsAre(pages[0]));
  EXPECT_THAT(cache.match(std::vector<Token>{1, 2, 9, 4}, 0), ElementsAre(pages[0]));
  EXPECT_THAT(cache.match(std::vector<Token>{3, 4}, 0), IsEmpty())
      << "the same tokens elsewhere are another block";
  table.release(cache);
  EXPECT_THAT(cache.match(kStory, 0), ElementsAre(pages[0], pages[1], pages[2]))
      << "known when nobody uses it";
}

TEST(PrefixCache, WhatIsOnlyKnownIsNotInUse) {
  PrefixCache cache{4, {.block_tokens = 2}};
  BlockTable table = table_with(cache, kStory);
  EXPECT_EQ(cache.in_use(), 4u);
  EXPECT_EQ(cache.available(), 0u);
  table.release(cache);
  EXPECT_EQ(cache.in_use(), 0u);
  EXPECT_EQ(cache.available(), 4u);
  EXPECT_EQ(cache.known(), 3u);
}

TEST(PrefixCache, TheEndOfTheLeastRecentChainGoesFirst) {
  PrefixCache cache{6, {.block_tokens = 2}};
  const std::vector<Token> first{1, 2, 3, 4}, second{5, 6, 7, 8};
  table_with(cache, first).release(cache);
  table_with(cache, second).release(cache);
  ASSERT_EQ(cache.known(), 4u);
  BlockTable user;
  std::vector<PageCopy> copies;
  ASSERT_TRUE(
      user.reserve(cache, 6, copies));  // two pages are free, the third is taken from the first chain's end
  EXPECT_EQ(cache.match(first, 0).size(), 1u);
  EXPECT_EQ(cache.match(second, 0).size(), 2u);
  ASSERT_TRUE(user.reserve(cache, 10, copies));
  EXPECT_EQ(cache.match(first, 0).size(), 0u);
  EXPECT_EQ(cache.match(second, 0).size(), 1u);
  user.release(cache);
}

TEST(PrefixCache, UsingAChainMakesItRecent) {
  PrefixCache cache{4, {.block_tokens = 2}};
  const std::vector<Token> first{1, 2, 3, 4}, second{5, 6, 7, 8};
  table_with(cache, first).release(cache);
  table_with(cache, second).release(cache);
  BlockTable again;
  again.adopt(cache, cache.match(first, 0));
  again.release(cache);
  BlockTable user;
  std::vector<PageCopy> copies;
  ASSERT_TRUE(user.reserve(cache, 4, copies));
  EXPECT_EQ(cache.match(first, 0).size(), 2u);
  EXPECT_EQ(cache.match(second, 0).size(), 0u);
  user.release(cache);
}

TEST(PrefixCache, EqualHashesAreToldApartByTokensAndParent) {
  PrefixCache cache{
      8,
      {.block_tokens = 2, .hash = [](std::uint64_t, std::span<const Token>) -> std::uint64_t { return 1; }}};
  BlockTable one = table_with(cache, std::vector<Token>{1, 2, 3, 4});
  BlockTable other = table_with(cache, std::vector<Token>{5, 6, 3, 4});
  EXPECT_THAT(cache.match(std::vector<Token>{1, 2, 3, 4}, 0), testing::ElementsAreArray(one.pages()));
  EXPECT_THAT(cache.match(std::vector<Token>{5, 6, 3, 4}, 0), testing::ElementsAreArray(other.pages()));
  EXPECT_THAT(cache.match(std::vector<Token>{3, 4}, 0), IsEmpty());
  one.release(cache);
  other.release(cache);
}

TEST(PrefixCache, AnotherSaltSharesNothing) {
  PrefixCache cache{8, {.block_tokens = 2}};
  BlockTable table = table_with(cache, kStory, 1);
  EXPECT_THAT(cache.match(kStory, 2), IsEmpty());
  EXPECT_EQ(cache.match(kStory, 1).size(), 3u);
  table.release(cache);
}

TEST(PrefixCache, OffItKeepsNothing) {
  PrefixCache cache{4, {.block_tokens = 2, .enabled = false}};
  table_with(cache, kStory).release(cache);
  EXPECT_THAT(cache.match(kStory, 0), IsEmpty());
  EXPECT_EQ(cache.known(), 0u);
}

TEST(BlockTable, TwoThatComputeTheSameShareOnePageInTheEnd) {
  PrefixCache cache{8, {.block_tokens = 2}};
  BlockTable one = table_with(cache, kStory);
  BlockTable other = table_with(cache, kStory);
  EXPECT_TRUE(std::ranges::equal(one.pages().first(3), other.pages().first(3)));
  EXPECT_NE(one.pages()[3], other.pages()[3]) << "a block that is not full is each one's own";
  EXPECT_EQ(cache.in_use(), 5u);
  one.release(cache);
  other.release(cache);
}

TEST(BlockTable, AForkCopiesASharedPageBeforeItWrites) {
  PrefixCache cache{8, {.block_tokens = 2}};
  BlockTable one = table_with(cache, kStory);
  BlockTable other = one.fork(cache);
  EXPECT_TRUE(std::ranges::equal(one.pages(), other.pages()));
  EXPECT_EQ(cache.in_use(), 4u);
  const PageId shared = one.pages()[3];
  std::vector<PageCopy> copies;
  EXPECT_EQ(other.lacking(cache, 8), 1u);
  ASSERT_TRUE(other.reserve(cache, 8, copies));
  EXPECT_THAT(copies, ElementsAre(PageCopy{.from = shared, .to = other.pages()[3]}));
  ASSERT_TRUE(one.reserve(cache, 8, copies));
  EXPECT_EQ(copies.size(), 1u) << "the last one to use a page writes to it";
  EXPECT_EQ(one.pages()[3], shared);
  one.release(cache);
  other.release(cache);
}

TEST(BlockTable, AForkDoesNotShareRoomThatHoldsNothing) {
  PrefixCache cache{8, {.block_tokens = 2}};
  BlockTable one = table_with(cache, std::vector<Token>{1, 2});
  std::vector<PageCopy> copies;
  ASSERT_TRUE(one.reserve(cache, 4, copies));
  BlockTable other = one.fork(cache);
  EXPECT_EQ(other.pages().size(), 1u);
  one.release(cache);
  other.release(cache);
}

TEST(BlockTable, TooFewPagesChangeNothing) {
  PrefixCache cache{3, {.block_tokens = 2}};
  BlockTable table = table_with(cache, std::vector<Token>{1, 2, 3});
  std::vector<PageCopy> copies;
  EXPECT_FALSE(table.reserve(cache, 7, copies));
  EXPECT_EQ(table.pages().size(), 2u);
  EXPECT_EQ(cache.available(), 1u);
  EXPECT_TRUE(table.reserve(cache, 6, copies));
  table.release(cache);
}

TEST(BlockTableDeathTest, PagesAreGivenBackBeforeTheTableGoes) {
  PrefixCache cache{3, {.block_tokens = 2}};
  EXPECT_DEATH({ BlockTable lost = table_with(cache, std::vector<Token>{1}); }, "given back");
}

}  // namespace
}  // namespace parlance::generation
