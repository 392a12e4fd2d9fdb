#include "dialects/torchserve/tensor_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "base/concat.h"

namespace parlance::dialects::torchserve {
namespace {

using models::DataType;
using models::Shape;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const models::Signature kOne{.inputs = {{"x", DataType::kFp32, {-1, 2}}}};
const models::Signature kTwo{.inputs = {{"a", DataType::kInt64, {-1, 2}}, {"flag", DataType::kBool, {}}}};

template <typename T>
std::vector<T> values_of(const models::Tensor& tensor) {
  const auto values = tensor.as<T>();
  return {values.begin(), values.end()};
}

std::string refusal_of(const models::Signature& signature, std::string_view json) {
  const Result<TensorInput> input = to_tensors(signature, json);
  return input ? "accepted" : std::string{input.error().message()};
}

TEST(TensorInput, ArraysBecomeRows) {
  const Result<TensorInput> input = to_tensors(kOne, "[[1, 2.5], [-3e2, 0]]");
  ASSERT_TRUE(input) << input.error().to_string();
  EXPECT_FALSE(input->is_one_row);
  ASSERT_EQ(input->tensors.size(), 1U);
  EXPECT_EQ(input->tensors[0].name(), "x");
  EXPECT_EQ(input->tensors[0].shape(), (Shape{2, 2}));
  EXPECT_THAT(values_of<float>(input->tensors[0]), ElementsAre(1, 2.5F, -300, 0));
}

TEST(TensorInput, OneRowNeedsNoArrayAroundIt) {
  const Result<TensorInput> input = to_tensors(kOne, " [1, 2] ");
  ASSERT_TRUE(input) << input.error().to_string();
  EXPECT_TRUE(input->is_one_row);
  EXPECT_EQ(input->tensors[0].shape(), (Shape{1, 2}));
}

TEST(TensorInput, AnObjectNamesItsInputs) {
  const Result<TensorInput> input = to_tensors(kTwo, R"({"flag": 1, "a": [[-9223372036854775808, 7]]})");
  ASSERT_TRUE(input) << input.error().to_string();
  ASSERT_EQ(input->tensors.size(), 2U);
  EXPECT_EQ(input->tensors[0].name(), "flag");
  EXPECT_EQ(input->tensors[0].shape(), Shape{});
  EXPECT_THAT(values_of<bool>(input->tensors[0]), ElementsAre(true));
  EXPECT_THAT(values_of<std::int64_t>(input->tensors[1]), ElementsAre(INT64_MIN, 7));
  EXPECT_TRUE(bind_inputs(kTwo, input->tensors));
}

TEST(TensorInput, WhatIsNotRightIsSaid) {
  EXPECT_THAT(refusal_of(kOne, ""), HasSubstr("input is not JSON"));
  EXPECT_THAT(refusal_of(kOne, "[1, 2] 3"), HasSubstr("input is not JSON"));
  EXPECT_THAT(refusal_of(kOne, "[[1, 2], [3]]"), HasSubstr("different lengths"));
  EXPECT_THAT(refusal_of(kOne, "[[1, 2], [3, 4, 5]]"), HasSubstr("different lengths"));
  EXPECT_THAT(refusal_of(kOne, "[[1, 2], 3]"), HasSubstr("different lengths"));
  EXPECT_THAT(refusal_of(kOne, "[[1, [2]]]"), HasSubstr("in more than its 2 dimensions"));
  EXPECT_EQ(refusal_of(kOne, R"([1, "2"])"), R"(Input "x" has a text, which is no FP32)");
  EXPECT_EQ(refusal_of(kOne, "[1, true]"), R"(Input "x" has true or false, which is no FP32)");
  EXPECT_THAT(refusal_of(kOne, "[1, 1e39]"), HasSubstr("which is no FP32"));
  EXPECT_EQ(refusal_of(kTwo, "[1, 2]"),
            "input is an array; a model of 2 inputs takes a JSON object of arrays by input");
  EXPECT_EQ(refusal_of(kTwo, R"({"b": 1})"), R"(There is no input "b"; the inputs are: a, flag)");
  EXPECT_EQ(refusal_of(kTwo, R"({"flag": 2})"), R"(Input "flag" has the number 2, which is no BOOL)");
}

/// First arrays that promise more numbers than the text can have get no memory for them.
TEST(TensorInput, PromisesAreNotPaidFor) {
  const models::Signature cube{.inputs = {{"x", DataType::kFp64, {-1, -1, -1}}}};
  std::string row = "[0";
  for (int i = 0; i < 10'000; ++i) row += ",0";
  row += ']';
  std::string rows = concat("[[", row);
  for (int i = 0; i < 10'000; ++i) rows += ",0";
  rows += ']';
  for (int i = 0; i < 10'000; ++i) rows += ",0";
  EXPECT_THAT(refusal_of(cube, rows + ']'), HasSubstr("different lengths"));
}

TEST(TensorInput, NoBytesMakeItFall) {
  constexpr std::string_view kAlphabet = R"([]{},:"0123456789.-eaxtrufls )";
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 20'000; ++round) {
    std::string json;
    const std::size_t size = random() % 24;
    while (json.size() < size) json += kAlphabet[random() % kAlphabet.size()];
    for (const models::Signature* signature : {&kOne, &kTwo}) {
      Result<TensorInput> input = to_tensors(*signature, json);
      if (input) (void)bind_inputs(*signature, std::move(input->tensors)).has_value();
    }
  }
}

}  // namespace
}  // namespace parlance::dialects::torchserve
