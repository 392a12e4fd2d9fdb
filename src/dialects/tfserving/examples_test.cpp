#include "dialects/tfserving/examples.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "models/byte_elements.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Shape;
using ::testing::ElementsAre;

const models::Signature kOne{.inputs = {{"x", DataType::kFp32, {-1, 2}}}};
const models::Signature kTwo{.inputs = {{"a", DataType::kInt8, {-1}}, {"b", DataType::kBool, {-1, 1}}}};

using Floats = std::vector<float>;
using Wholes = std::vector<std::int64_t>;

std::string refusal_of(const models::Signature& signature, const Examples& examples) {
  const auto rows = to_rows(signature, examples);
  return rows ? "accepted" : std::string{rows.error().message()};
}

TEST(TfExamples, AreRowsOfTheInputsThatTheirFeaturesName) {
  const Examples examples{
      .context = {{"b", Wholes{1}}},
      .rows = {{{"a", Wholes{-128}}, {"more", Floats{1}}}, {{"a", Wholes{7}}, {"b", Wholes{0}}}}};
  const auto rows = to_rows(kTwo, examples);
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_EQ(rows->at(0).shape(), Shape{2});
  EXPECT_THAT(rows->at(0).as<std::int8_t>(), ElementsAre(-128, 7));
  EXPECT_EQ(rows->at(1).shape(), (Shape{2, 1}));
  EXPECT_THAT(rows->at(1).as<bool>(), ElementsAre(true, false));
}

TEST(TfExamples, OneFeatureIsTheOneInput) {
  const auto rows = to_rows(kOne, {.context = {}, .rows = {{{"any", Floats{1, 2}}}, {{"x", Wholes{3, 4}}}}});
  ASSERT_TRUE(rows) << rows.error().to_string();
  EXPECT_THAT(rows->at(0).as<float>(), ElementsAre(1, 2, 3, 4));
}

TEST(TfExamples, WhatDoesNotFitIsSaid) {
  EXPECT_EQ(refusal_of(kOne, {.context = {}, .rows = {{{"y", Floats{1, 2}}, {"z", Floats{1, 2}}}}}),
            "Name: <unknown>, Feature: x (data type: float) is required but could not be found.");
  EXPECT_EQ(
      refusal_of(kOne, {.context = {}, .rows = {{{"x", Floats{1}}}}}),
      "Name: <unknown>, Key: x, Index: 0.  Number of float values != expected.  Values size: 1 but output "
      "shape: [2]");
  EXPECT_EQ(refusal_of(kTwo, {.context = {{"b", Wholes{1}}}, .rows = {{{"a", Wholes{128}}}}}),
            "Name: <unknown>, Key: a, Index: 0.  The value 128 is no DT_INT8");
  EXPECT_EQ(refusal_of(kTwo, {.context = {{"b", Floats{1}}}, .rows = {{{"a", Floats{1}}}}}),
            "Name: <unknown>, Key: a, Index: 0.  Data types don't match. Data type: float but expected type: "
            "int64");
  const models::Signature open{.inputs = {{"x", DataType::kFp32, {-1, -1}}}};
  EXPECT_EQ(refusal_of(open, {.context = {}, .rows = {{{"x", Floats{1}}}}}),
            "Input \"x\" of shape [-1, -1] has no rows of one size, which examples could be; call Predict");
}

TEST(TfExamples, AContextIsNotRepeatedWithoutBound) {
  const models::Signature wide{.inputs = {{"x", DataType::kFp64, {-1, 1 << 20}}}};
  Examples examples{.context = {{"x", Floats(1 << 20)}}, .rows = {}};
  examples.rows.resize(9);
  EXPECT_EQ(to_rows(wide, examples).error().code(), StatusCode::kResourceExhausted);
  examples.rows.resize(8);
  EXPECT_TRUE(to_rows(wide, examples));
}

TEST(TfExamples, AreParsedFromTextsAndBorrowFromThem) {
  // features { feature { key: "x" value { bytes_list { value: "abc" } } } }, and an Example without features.
  constexpr std::string_view kAbc{
      "\x0a\x0e\x0a\x0c\x0a\x01x\x12\x07\x0a\x05\x0a\x03"
      "abc"};
  std::string elements;
  for (const std::string_view element : {kAbc, std::string_view{}}) models::append_element(elements, element);
  const auto tensor = models::Tensor::borrowing("inputs", DataType::kBytes, {2}, as_bytes(elements));
  const auto parsed = parse_examples(tensor);
  ASSERT_TRUE(parsed) << parsed.error().to_string();
  ASSERT_EQ(parsed->examples.rows.size(), 2U);
  const auto& values = std::get<std::vector<std::string_view>>(parsed->examples.rows[0].at("x"));
  EXPECT_THAT(values, ElementsAre("abc"));
  EXPECT_GE(values[0].data(), elements.data());
  EXPECT_LT(values[0].data(), elements.data() + elements.size());
  EXPECT_TRUE(parsed->examples.rows[1].empty());
}

}  // namespace
}  // namespace parlance::dialects::tfserving
