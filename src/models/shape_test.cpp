#include "models/shape.h"

#include <gtest/gtest.h>

#include <limits>

namespace parlance::models {
namespace {

TEST(Shape, CountsItsElements) {
  EXPECT_EQ(element_count(Shape{2, 3, 4}), 24U);
  EXPECT_EQ(element_count(Shape{}), 1U) << "a scalar";
  EXPECT_EQ(element_count(Shape{5, 0}), 0U);
}

TEST(Shape, HasNoCountWhenADimensionIsOpenOrTheProductDoesNotFit) {
  EXPECT_EQ(element_count(Shape{-1, 3}), std::nullopt);
  EXPECT_EQ(element_count(Shape{std::numeric_limits<std::int64_t>::max(), 4}), std::nullopt);
}

TEST(Shape, FitsAPatternThatLeavesDimensionsOpen) {
  EXPECT_TRUE(fits(Shape{7, 64}, Shape{-1, 64}));
  EXPECT_TRUE(fits(Shape{0, 64}, Shape{-1, 64}));
  EXPECT_FALSE(fits(Shape{7, 63}, Shape{-1, 64}));
  EXPECT_FALSE(fits(Shape{64}, Shape{-1, 64}));
  EXPECT_FALSE(fits(Shape{-1, 64}, Shape{-1, 64})) << "a tensor has no open dimension";
}

TEST(Shape, ReadsAsAList) {
  EXPECT_EQ(to_string(Shape{-1, 64}), "[-1, 64]");
  EXPECT_EQ(to_string(Shape{}), "[]");
}

}  // namespace
}  // namespace parlance::models
