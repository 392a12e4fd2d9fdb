#include "dialects/torchserve/prediction_json.h"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <limits>

namespace parlance::dialects::torchserve {
namespace {

using models::DataType;
using models::Tensor;

TEST(PredictionJson, ClassesAreAnObjectBestFirst) {
  const std::array<float, 6> scores{0.5F, 0.25F, 0.125F, 0, 1, 0.0625F};
  const models::Tensors outputs{Tensor::of<float>("scores", {2, 3}, scores)};
  const models::Labels labels{"a", "b\"\n", "ä"};
  EXPECT_EQ(to_json(outputs, labels, false).value(),
            "[\n  {\n    \"a\": 0.5,\n    \"b\\\"\\n\": 0.25,\n    \"ä\": 0.125\n  },\n"
            "  {\n    \"b\\\"\\n\": 1,\n    \"ä\": 0.0625,\n    \"a\": 0\n  }\n]");
  EXPECT_EQ(to_json({outputs[0].rows(0, 1)}, labels, true).value(),
            "{\n  \"a\": 0.5,\n  \"b\\\"\\n\": 0.25,\n  \"ä\": 0.125\n}");
}

TEST(PredictionJson, OnlyTheMostProbableClasses) {
  const std::array<float, 7> scores{1, 2, 3, 4, 5, 6, 7};
  const models::Labels labels{"1", "2", "3", "4", "5", "6", "7"};
  EXPECT_EQ(to_json({Tensor::of<float>("scores", {1, 7}, scores)}, labels, true).value(),
            "{\n  \"7\": 7,\n  \"6\": 6,\n  \"5\": 5,\n  \"4\": 4,\n  \"3\": 3\n}");
}

TEST(PredictionJson, ArraysHaveTheOutputsDimensions) {
  const std::array<std::int32_t, 4> values{1, -2, 3, 4};
  const models::Tensors outputs{Tensor::of<std::int32_t>("y", {1, 2, 2}, values)};
  EXPECT_EQ(to_json(outputs, {}, true).value(), "[\n  [\n    1,\n    -2\n  ],\n  [\n    3,\n    4\n  ]\n]");
  EXPECT_EQ(to_json({Tensor::of<std::int32_t>("y", {1, 4}, values)}, {"only one"}, false).value(),
            "[\n  [\n    1,\n    -2,\n    3,\n    4\n  ]\n]");
  EXPECT_EQ(to_json({Tensor::of<std::int32_t>("y", {0, 4}, {})}, {}, false).value(), "[]");
  EXPECT_EQ(to_json({Tensor::of<std::int32_t>("y", {}, std::span{values}.first(1))}, {}, true).value(), "1");
}

TEST(PredictionJson, SeveralOutputsGoByName) {
  const std::array<bool, 1> yes{true};
  const std::array<double, 1> tenth{0.1};
  EXPECT_EQ(
      to_json({Tensor::of<bool>("yes", {1}, yes), Tensor::of<double>("b", {1, 1}, tenth)}, {}, true).value(),
      "{\n  \"yes\": true,\n  \"b\": [\n    0.1\n  ]\n}");
}

TEST(PredictionJson, NumbersAreTheShortestThatAreReadAgainAsThemselves) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const std::array<float, 5> values{0.1F, 1e-30F, std::numeric_limits<float>::quiet_NaN(), kInfinity,
                                    -kInfinity};
  EXPECT_EQ(to_json(std::span<const float>{values}),
            "[\n  0.1,\n  1e-30,\n  NaN,\n  Infinity,\n  -Infinity\n]");
}

TEST(PredictionJson, HalfFloatsHaveNone) {
  const std::array<std::uint16_t, 1> half{0};
  const Result<std::string> json =
      to_json({Tensor::borrowing("y", DataType::kFp16, {1}, std::as_bytes(std::span{half}))}, {}, false);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().code(), StatusCode::kInternal);
  EXPECT_EQ(json.error().message(),
            "Inference failed: the output \"y\" is FP16, which JSON has no numbers for");
}

}  // namespace
}  // namespace parlance::dialects::torchserve
