#include "generation/page_pool.h"

#include <gtest/gtest.h>

namespace parlance::generation {
namespace {

TEST(PagePool, HandsOutEveryPageOnceAndThenNone) {
  PagePool pool{3};
  EXPECT_EQ(pool.take(), 0u);
  EXPECT_EQ(pool.take(), 1u);
  EXPECT_EQ(pool.take(), 2u);
  EXPECT_EQ(pool.take(), kNoPage);
  EXPECT_EQ(pool.free_pages(), 0u);
}

TEST(PagePool, APageIsFreeOnlyWhenItsLastReferenceHasGone) {
  PagePool pool{1};
  const PageId page = pool.take();
  pool.share(page);
  EXPECT_FALSE(pool.drop(page));
  EXPECT_TRUE(pool.drop(page));
  EXPECT_EQ(pool.free_pages(), 0u) << "what it holds may still be wanted";
  pool.share(page);
  EXPECT_TRUE(pool.drop(page));
  pool.free(page);
  EXPECT_EQ(pool.take(), page);
}

TEST(PagePoolDeathTest, MisuseEndsTheProcess) {
  PagePool pool{2};
  EXPECT_DEATH(pool.drop(0), "once for each reference");
  EXPECT_DEATH(pool.share(0), "handed out");
  const PageId page = pool.take();
  EXPECT_DEATH(pool.free(page), "in use");
}

}  // namespace
}  // namespace parlance::generation
