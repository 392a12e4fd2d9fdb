#include "dialects/torchserve/body.h"

#include <gtest/gtest.h>

#include "models/byte_elements.h"

namespace parlance::dialects::torchserve {
namespace {

using models::DataType;

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
  EXPECT_EQ(body_of(input.tensors), "{\"no\": json");
}

TEST(Body, OfSeveralElementsThereIsNone) {
  std::string two;
  models::append_element(two, "a");
  models::append_element(two, "b");
  EXPECT_EQ(body_of({models::Tensor::owning("y", DataType::kBytes, {2}, Buffer::adopt(std::move(two)))}),
            std::nullopt);
  EXPECT_EQ(body_of({}), std::nullopt);
}

}  // namespace
}  // namespace parlance::dialects::torchserve
