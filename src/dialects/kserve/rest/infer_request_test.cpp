#include "dialects/kserve/rest/infer_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "dialects/kserve/rest/generate.h"
#include "kserve/grpc_service.pb.h"

namespace parlance::dialects::kserve::rest {
namespace {

using ::inference::ModelInferRequest;
using ::testing::ElementsAre;

constexpr ModelName kName{.model = "m", .version = "2"};

ModelInferRequest message_of(const Buffer& bytes) {
  ModelInferRequest message;
  EXPECT_TRUE(message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  return message;
}

/// What `json`, and `binary` behind it, ask.
Result<InferRequest> read(const std::string& json, const std::string& binary = {}) {
  return read_infer_request(kName, json + binary, json.size());
}

std::string input(const std::string& datatype, const std::string& shape, const std::string& data) {
  return R"({"inputs":[{"name":"x","datatype":")" + datatype + R"(","shape":)" + shape + R"(,"data":)" +
         data + "}]}";
}

template <typename T>
std::vector<T> values_of(const std::string& datatype, const std::string& shape, const std::string& data) {
  const auto request = read(input(datatype, shape, data));
  if (!request) {
    ADD_FAILURE() << request.error().to_string();
    return {};
  }
  const ModelInferRequest message = message_of(request->message);
  EXPECT_EQ(message.raw_input_contents_size(), 1);
  const std::string& raw = message.raw_input_contents(0);
  std::vector<T> values(raw.size() / sizeof(T));
  std::ranges::copy(raw, reinterpret_cast<char*>(values.data()));
  return values;
}

std::string error_of(const std::string& json, const std::string& binary = {}) {
  const auto request = read(json, binary);
  if (request) return "none";
  EXPECT_EQ(request.error().code(), StatusCode::kInvalidArgument);
  return std::string{request.error().message()};
}

TEST(RestInferRequest, NumbersBecomeRawContents) {
  EXPECT_THAT(values_of<float>("FP32", "[2,2]", "[1, 0.1, -3e38, 16777217]"),
              ElementsAre(1, 0.1F, -3e38F, 16777216));
  EXPECT_THAT(values_of<double>("FP64", "[1]", "[0.1]"), ElementsAre(0.1));
  EXPECT_THAT(values_of<std::int8_t>("INT8", "[2]", "[-128, 127]"), ElementsAre(-128, 127));
  EXPECT_THAT(values_of<std::uint64_t>("UINT64", "[1]", "[18446744073709551615]"), ElementsAre(UINT64_MAX));
  EXPECT_THAT(values_of<std::int64_t>("INT64", "[1]", "[-9223372036854775808]"), ElementsAre(INT64_MIN));
  EXPECT_THAT(values_of<std::uint8_t>("BOOL", "[3]", "[true, false, 1]"), ElementsAre(1, 0, 1));
  EXPECT_THAT(values_of<float>("FP32", "[0,4]", "[]"), ElementsAre());
}

TEST(RestInferRequest, ArraysMayBeNestedInAnyWay) {
  for (const char* data : {"[1,2,3,4]", "[[1,2],[3,4]]", "[[1],[2,3],[[4]]]"})
    EXPECT_THAT(values_of<std::int32_t>("INT32", "[2,2]", data), ElementsAre(1, 2, 3, 4)) << data;
}

TEST(RestInferRequest, TextsAreBehindTheirLengths) {
  const auto request = read(input("BYTES", "[2]", R"(["a","\u00e9"])"));
  ASSERT_TRUE(request);
  EXPECT_EQ(message_of(request->message).raw_input_contents(0), std::string("\1\0\0\0a\2\0\0\0\xc3\xa9", 11));
}

TEST(RestInferRequest, EverythingElseGoesWhereItBelongs) {
  const auto request =
      read(R"({"id":"7","parameters":{"priority":2,"sequence_id":"a","sequence_start":true,"x":0.5,
    "large":18446744073709551615,"binary_data_output":true},
    "inputs":[{"name":"x","datatype":"FP32","shape":[1],"data":[1],"parameters":{"k":-1}}],
    "outputs":[{"name":"y","parameters":{"classification":3,"binary_data":false}},{"name":"z"}]})");
  ASSERT_TRUE(request) << request.error().to_string();
  const ModelInferRequest message = message_of(request->message);
  EXPECT_EQ(message.model_name() + " " + message.model_version() + " " + message.id(), "m 2 7");
  EXPECT_EQ(message.parameters_size(), 5);
  EXPECT_EQ(message.parameters().at("priority").int64_param(), 2);
  EXPECT_EQ(message.parameters().at("sequence_id").string_param(), "a");
  EXPECT_TRUE(message.parameters().at("sequence_start").bool_param());
  EXPECT_EQ(message.parameters().at("x").double_param(), 0.5);
  EXPECT_EQ(message.parameters().at("large").uint64_param(), UINT64_MAX);
  EXPECT_EQ(message.inputs(0).parameters().at("k").int64_param(), -1);
  ASSERT_EQ(message.outputs_size(), 2);
  EXPECT_EQ(message.outputs(0).parameters_size(), 1);
  EXPECT_EQ(message.outputs(0).parameters().at("classification").int64_param(), 3);
  EXPECT_EQ(request->forms.of("y"), OutputForm::kJson);
  EXPECT_EQ(request->forms.of("z"), OutputForm::kBinary);
}

TEST(RestInferRequest, JsonAndBinaryInputsMayBeMixed) {
  const auto request = read(R"({"inputs":[
    {"name":"a","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}},
    {"name":"b","datatype":"UINT8","shape":[1],"data":[7]},
    {"name":"c","datatype":"FP32","shape":[1],"parameters":{"shared_memory_region":"r","shared_memory_byte_size":4}},
    {"name":"d","datatype":"UINT8","shape":[3],"parameters":{"binary_data_size":3}}]})",
                            "12345");
  ASSERT_TRUE(request) << request.error().to_string();
  const ModelInferRequest message = message_of(request->message);
  EXPECT_THAT(message.raw_input_contents(), ElementsAre("12", "\7", "345"));
  EXPECT_EQ(message.inputs(2).parameters().at("shared_memory_region").string_param(), "r");
  EXPECT_EQ(message.inputs(0).parameters_size(), 0);
}

TEST(RestInferRequest, ASizeThatIsNotThatOfWhatFollowsIsRefused) {
  const std::string json =
      R"({"inputs":[{"name":"a","datatype":"INT8","shape":[2],"parameters":{"binary_data_size":2}}]})";
  EXPECT_EQ(error_of(json, "12"), "none");
  EXPECT_THAT(
      error_of(json, "1"),
      ::testing::StartsWith("unexpected size for input 'a', expecting 1 additional bytes for model 'm'"));
  EXPECT_THAT(error_of(json, "123"),
              ::testing::StartsWith("unexpected additional input data for model 'm': 1 bytes follow"));
  EXPECT_THAT(error_of(input("INT8", "[1]", "[1]"), "1"),
              ::testing::StartsWith("unexpected additional input data for model 'm': 1 bytes follow"));
}

TEST(RestInferRequest, AShapeThatClaimsMoreThanThereIsTakesNoMemory) {
  EXPECT_EQ(error_of(input("FP64", "[1152921504606846975]", "[1]")),
            "Failed to parse 'data' field: shape does not match true shape; input 'x' of FP64 "
            "[1152921504606846975] needs 1152921504606846975 values, got 1");
}

TEST(RestInferRequest, WhatCannotBeAShapeOrADatatypeIsLeftToTheCall) {
  EXPECT_EQ(error_of(input("FLOAT", "[1]", "[1]")), "none");
  EXPECT_EQ(error_of(input("FP32", "[-1]", "[1]")), "none");
  EXPECT_EQ(error_of(input("FP32", "[4611686018427387904, 4]", "[1]")), "none");
}

TEST(RestInferRequest, ALengthOfTheJsonIsANumberWithinTheBody) {
  EXPECT_EQ(*read_header_length("0", 5), 0U);
  EXPECT_EQ(*read_header_length("5", 5), 5U);
  for (const char* wrong : {"6", "-1", "+1", "", "1 ", "0x1", "99999999999999999999"})
    EXPECT_FALSE(read_header_length(wrong, 5)) << wrong;
}

TEST(RestGenerateRequest, IsTheTextInputAndParameters) {
  const auto request = read_generate_request(
      kName, R"({"text_input":"hi","id":"g","stream":true,"max_tokens":5,"parameters":{"temperature":0.5}})");
  ASSERT_TRUE(request) << request.error().to_string();
  const ModelInferRequest message = message_of(*request);
  EXPECT_EQ(message.id(), "g");
  EXPECT_EQ(message.inputs(0).name() + " " + message.inputs(0).datatype(), "text_input BYTES");
  EXPECT_EQ(message.raw_input_contents(0), std::string("\2\0\0\0hi", 6));
  EXPECT_EQ(message.parameters_size(), 2);
  EXPECT_EQ(message.parameters().at("temperature").double_param(), 0.5);
}

}  // namespace
}  // namespace parlance::dialects::kserve::rest
