#include "text/token_row.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <numeric>

namespace parlance::text {
namespace {

using generation::Token;
using models::DataType;
using ::testing::ElementsAre;

constexpr std::array<Token, 2> kSpecial{101, 102};
const models::EmbeddingConfig kConfig{.max_tokens = 6, .lengths = {2, 4, 6}};

TEST(TokenRow, IsAsLongAsTheNextLength) {
  EXPECT_EQ(fit({101}, kSpecial, kConfig).length, 2U);
  EXPECT_EQ(fit({101, 102}, kSpecial, kConfig).length, 2U);
  EXPECT_EQ(fit({101, 7, 102}, kSpecial, kConfig).length, 4U);
  EXPECT_EQ(fit({101, 7, 8, 9, 102}, kSpecial, kConfig).length, 6U);
}

TEST(TokenRow, OfATextThatFitsHasAllItsTokens) {
  const TokenRow row = fit({101, 7, 8, 9, 10, 102}, kSpecial, kConfig);
  EXPECT_THAT(row.tokens, ElementsAre(101, 7, 8, 9, 10, 102));
  EXPECT_FALSE(row.truncated);
}

TEST(TokenRow, OfALongTextIsCutAndStillClosed) {
  const TokenRow row = fit({101, 7, 8, 9, 10, 11, 12, 102}, kSpecial, kConfig);
  EXPECT_THAT(row.tokens, ElementsAre(101, 7, 8, 9, 10, 102));
  EXPECT_TRUE(row.truncated);
  EXPECT_EQ(row.length, 6U);
}

TEST(TokenRow, IsOnlyCutWhereNothingClosesATextOfTheModel) {
  EXPECT_THAT(fit({1, 2, 3, 4, 5, 6, 7}, {}, kConfig).tokens, ElementsAre(1, 2, 3, 4, 5, 6));
}

TEST(TokenRow, HidesWhatIsBehindTheText) {
  const TokenRow row = fit({101, 7, 102}, kSpecial, kConfig);
  const auto values = [&](RowPart part) {
    const models::Tensor tensor = to_tensor(row, part, "x", DataType::kInt64);
    EXPECT_EQ(tensor.shape(), (models::Shape{1, 4}));
    const auto all = tensor.as<std::int64_t>();
    return std::vector<std::int64_t>{all.begin(), all.end()};
  };
  EXPECT_THAT(values(RowPart::kTokens), ElementsAre(101, 7, 102, 0));
  EXPECT_THAT(values(RowPart::kMask), ElementsAre(1, 1, 1, 0));
  EXPECT_THAT(values(RowPart::kSegments), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(values(RowPart::kPositions), ElementsAre(0, 1, 2, 3));
}

TEST(TokenRow, ComesInTheTypeOfTheInput) {
  const models::Tensor tensor =
      to_tensor(fit({101, 102}, kSpecial, kConfig), RowPart::kTokens, "input_ids", DataType::kInt32);
  EXPECT_EQ(tensor.name(), "input_ids");
  EXPECT_EQ(tensor.type(), DataType::kInt32);
  EXPECT_THAT(tensor.as<std::int32_t>(), ElementsAre(101, 102));
}

}  // namespace
}  // namespace parlance::text
