#include "dialects/kserve/classes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "models/byte_elements.h"

namespace parlance::dialects::kserve {
namespace {

using models::DataType;
using models::Tensor;
using ::testing::ElementsAre;

constexpr std::array<float, 6> kScores{0.1F, 0.7F, 0.2F, 0.5F, 0.25F, 0.25F};

std::vector<std::string_view> texts(const Tensor& classes) {
  EXPECT_EQ(classes.type(), DataType::kBytes);
  return models::split_elements(classes.bytes());
}

TEST(Classes, AreTheBestOfEachRowWithTheirLabels) {
  const std::vector<std::string> labels{"cat", "dog"};
  const Tensor scores = Tensor::of<float>("p", {2, 3}, kScores);
  const Result<Tensor> classes = to_classes(scores, {.count = 2, .by_row = true, .labels = labels});
  ASSERT_TRUE(classes);
  EXPECT_EQ(classes->name(), "p");
  EXPECT_EQ(classes->shape(), (models::Shape{2, 2}));
  EXPECT_THAT(texts(*classes),
              ElementsAre("0.700000:1:dog", "0.200000:2", "0.500000:0:cat", "0.250000:1:dog"));
}

TEST(Classes, WithoutRowsAreTheBestOfAll) {
  const Tensor scores = Tensor::of<float>("p", {2, 3}, kScores);
  const Result<Tensor> classes = to_classes(scores, {.count = 100});
  ASSERT_TRUE(classes);
  EXPECT_EQ(classes->shape(), (models::Shape{6}));
  EXPECT_THAT(texts(*classes), ElementsAre("0.700000:1", "0.500000:3", "0.250000:4", "0.250000:5",
                                           "0.200000:2", "0.100000:0"));
}

TEST(Classes, OfIntegersAreWritenAsIntegersAndNaNComesLast) {
  const std::array<std::int64_t, 3> counts{-5, std::numeric_limits<std::int64_t>::max(), 0};
  const Result<Tensor> of_counts = to_classes(Tensor::of<std::int64_t>("n", {3}, counts), {.count = 2});
  ASSERT_TRUE(of_counts);
  EXPECT_THAT(texts(*of_counts), ElementsAre("9223372036854775807:1", "0:2"));
  const std::array<float, 3> odd{std::nanf(""), -1, std::nanf("")};
  const Result<Tensor> of_odd = to_classes(Tensor::of<float>("n", {3}, odd), {.count = 2});
  ASSERT_TRUE(of_odd);
  EXPECT_THAT(texts(*of_odd), ElementsAre("-1.000000:1", "nan:0"));
}

TEST(Classes, NeedScoresAndNotTooMany) {
  const std::array<std::byte, 4> half{};
  const Result<Tensor> of_half = to_classes(Tensor::borrowing("h", DataType::kFp16, {2}, half), {.count = 1});
  ASSERT_FALSE(of_half);
  EXPECT_EQ(of_half.error().message(),
            "class result not available for output due to unsupported type 'FP16'");
  const std::vector<std::byte> many(kMostScores + 1);
  const Result<Tensor> of_many = to_classes(
      Tensor::borrowing("m", DataType::kUint8, {static_cast<std::int64_t>(many.size())}, many), {.count = 1});
  ASSERT_FALSE(of_many);
  EXPECT_EQ(of_many.error().message(), "classification output tensor too large");
}

TEST(Classes, OfNoRowsAreNone) {
  const Result<Tensor> classes = to_classes(Tensor::of<float>("p", {0, 3}, {}), {.count = 2, .by_row = true});
  ASSERT_TRUE(classes);
  EXPECT_EQ(classes->bytes().size(), 0U);
}

}  // namespace
}  // namespace parlance::dialects::kserve
