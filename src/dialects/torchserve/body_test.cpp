#include "dialects/torchserve/body.h"

#include <gtest/gtest.h>

#include "models/byte_elements.h"

namespace parlance::dialects::torchserve {
namespace {

using models::DataType;

const models::Signature kNumbers{.inputs = {{"x", DataType::kFp32, {-1}}}, .outputs = {}};

TEST(Body, IsTakenByAModelOfOneInputOfBytes) {
  EXPECT_TRUE(takes_body({.inputs = {{"data", DataType::kBytes, {-1}}}, .outputs = {}}));
  EXPECT_FALSE(takes_body({.inputs = {{"x", DataType::kFp32, {-1}}}, .outputs = {}}));
  EXPECT_FALSE(takes_body({.inputs = {{"x", DataType::kBytes, {-1, 2}}}, .outputs = {}}));
  EXPECT_FALSE(
      takes_body({.inputs = {{"a", DataType::kBytes, {-1}}, {"b", DataType::kBytes, {-1}}}, .outputs = {}}));
}

TEST(Body, IsOneElementAsItIs) {
  const TensorInput input =
      to_body({.inputs = {{"data", DataType::kBytes, {-1}}}, .outputs = {}}, "{\"no\": json");
  ASSERT_EQ(input.tensors.size(), 1U);
  EXPECT_EQ(input.tensors[0].name(), "data");
  EXPECT_EQ(input.tensors[0].shape(), (models::Shape{1}));
  EXPECT_EQ(body_of(kNumbers, input.tensors), "{\"no\": json");
}

TEST(Body, OfSeveralElementsIsAllOfThemWhereBodiesAreTaken) {
  std::string two;
  models::append_element(two, "a");
  models::append_element(two, "b");
  models::Tensors outputs;
  outputs.push_back(models::Tensor::owning("y", DataType::kBytes, {2}, Buffer::adopt(std::move(two))));
  EXPECT_EQ(body_of(kNumbers, outputs), std::nullopt);
  EXPECT_EQ(body_of({.inputs = {{"data", DataType::kBytes, {-1}}}, .outputs = {}}, outputs), "ab");
  EXPECT_EQ(body_of(kNumbers, {}), std::nullopt);
}

}  // namespace
}  // namespace parlance::dialects::torchserve
