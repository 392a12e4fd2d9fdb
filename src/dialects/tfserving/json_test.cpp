#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "base/concat.h"
#include "dialects/tfserving/json_request.h"
#include "dialects/tfserving/json_response.h"
#include "models/backends/synthetic/synthetic_backend.h"
#include "models/byte_elements.h"
#include "models/repository.h"
#include "models/testing/temp_folder.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Shape;
using models::Tensor;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kOne =
    "backend: synthetic\n"
    "inputs: [{name: x, type: FP32, shape: [-1, 2]}]\n"
    "outputs: [{name: y, type: FP32, shape: [-1, 2]}]\n";
constexpr std::string_view kTwo =
    "backend: synthetic\n"
    "inputs: [{name: a, type: INT32, shape: [-1]}, {name: b, type: BOOL, shape: [-1, 1]}]\n"
    "outputs: [{name: c, type: INT32, shape: [-1]}, {name: d, type: BOOL, shape: [-1, 1]}]\n";

class TfJson : public ::testing::Test {
 protected:
  TfJson() : repository_({.root = folder_.path()}, backends()) {
    folder_.write("one/model.yaml", std::string{kOne});
    folder_.write("two/model.yaml", std::string{kTwo});
    EXPECT_TRUE(repository_.load().ok());
  }

  Result<JsonPredict> read(std::string_view model, std::string_view body) const {
    const models::ModelHandle handle = repository_.find(model).value();
    return read_predict(body, [&](std::string_view name) { return predict_signature(handle, name); });
  }
  std::string refusal_of(std::string_view model, std::string_view body) const {
    const Result<JsonPredict> request = read(model, body);
    return request ? "accepted" : std::string{request.error().message()};
  }

 private:
  static models::BackendRegistry backends() {
    models::BackendRegistry registry;
    registry.add(std::make_unique<models::SyntheticBackend>());
    return registry;
  }

  models::testing::TempFolder folder_;
  models::Repository repository_;
};

template <typename T>
std::vector<T> values_of(const Tensor& tensor) {
  const auto values = tensor.as<T>();
  return {values.begin(), values.end()};
}

TEST_F(TfJson, InstancesAreRows) {
  const Result<JsonPredict> request = read("one", R"({"instances": [[1, 2.5], [-3e2, 0]]})");
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->format, JsonFormat::kRow);
  EXPECT_EQ(request->inputs[0].shape(), (Shape{2, 2}));
  EXPECT_THAT(values_of<float>(request->inputs[0]), ElementsAre(1, 2.5F, -300, 0));
}

TEST_F(TfJson, InstancesMayNameTheirInputs) {
  const Result<JsonPredict> request =
      read("two", R"({"instances": [{"b": [true], "a": 1}, {"a": -2, "b": [false]}]})");
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->inputs[0].shape(), Shape{2});
  EXPECT_THAT(values_of<std::int32_t>(request->inputs[0]), ElementsAre(1, -2));
  EXPECT_EQ(request->inputs[1].shape(), (Shape{2, 1}));
  EXPECT_THAT(values_of<bool>(request->inputs[1]), ElementsAre(true, false));
}

TEST_F(TfJson, InputsAreWholeTensors) {
  const Result<JsonPredict> one = read("one", R"({"signature_name": "serving_default", "inputs": [[1, 2]]})");
  ASSERT_TRUE(one) << one.error().to_string();
  EXPECT_EQ(one->format, JsonFormat::kColumn);
  EXPECT_THAT(values_of<float>(one->inputs[0]), ElementsAre(1, 2));
  const Result<JsonPredict> two = read("two", R"({"inputs": {"a": [7], "b": [[true]]}})");
  ASSERT_TRUE(two) << two.error().to_string();
  EXPECT_THAT(values_of<std::int32_t>(two->inputs[0]), ElementsAre(7));
}

TEST_F(TfJson, NumbersThatJsonHasNotAreTaken) {
  const Result<JsonPredict> request =
      read("one", R"({"\"NaN": "Inf\\", "instances": [[NaN, -Infinity], [Infinity, -Inf]]})");
  ASSERT_TRUE(request) << request.error().to_string();
  const std::vector<float> values = values_of<float>(request->inputs[0]);
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_TRUE(std::isnan(values[0]));
  EXPECT_THAT(std::span{values}.subspan(1), ElementsAre(-kInfinity, kInfinity, -kInfinity));
}

TEST_F(TfJson, WhatIsNotRightIsSaidAsTensorFlowServingSaysIt) {
  struct Bad {
    const char* model;
    const char* body;
    const char* text;
  };
  const Bad bads[] = {
      {"one", "", "JSON Parse error: The document is empty"},
      {"one", "[1]", "JSON Value: [1] Is not object"},
      {"one", "{}", "Missing 'inputs' or 'instances' key"},
      {"one", R"({"signature_name": 3})",
       R"(JSON Value: {"signature_name":3} not formatted correctly. 'signature_name' key must be a string value.)"},
      {"one", R"({"signature_name": "x", "instances": [1]})",
       R"(Serving signature name: "x" not found in signature def)"},
      {"one", R"({"instances": [], "inputs": []})",
       R"(JSON Value: {"instances":[],"inputs":[]} Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist )"},
      {"one", R"({"instances": 1})",
       R"(JSON Value: {"instances":1} Expecting 'instances' to be an list/array)"},
      {"one", R"({"instances": []})", R"(JSON Value: {"instances":[]} No values in 'instances' array)"},
      {"one", R"({"instances": [[1, 2], [3]]})",
       "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting tensor size: 2 "
       "but got: 1"},
      {"one", R"({"instances": [[1, 2], [[3, 4]]]})",
       "Failed to process element: 1 of 'instances' list. Error: INVALID_ARGUMENT: Expecting shape [2] but "
       "got: [1,2]"},
      {"one", R"({"instances": [[1, "2"]]})",
       "Failed to process element: 0 of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: \"2\" Type: "
       "String is "
       "not of expected type: float"},
      {"one", R"({"instances": [{"y": [1, 2]}]})",
       "Failed to process element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT: JSON object: does "
       "not have "
       "named input: y"},
      {"one", R"({"instances": [{"x": [1, 2]}, [1, 2]]})",
       "Expecting object but got list at item 1 of input list"},
      {"one", R"({"instances": [[1, 2], {"x": [1, 2]}]})",
       "Expecting value/list but got object at item 1 of input list"},
      {"two", R"({"instances": [1]})",
       "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
       "tensorinfo_map"},
      {"two", R"({"instances": [{"a": 1}]})",
       R"(Failed to process element: 0 of 'instances' list. JSON object: {"a":1} keys must be equal to: a,b)"},
      {"two", R"({"instances": [{"a": 1.5, "b": [true]}]})",
       "Failed to process element: 0 key: a of 'instances' list. Error: INVALID_ARGUMENT: JSON Value: 1.5 "
       "Type: Number "
       "is not of expected type: int32"},
      {"two", R"({"inputs": [1]})",
       "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
       "tensorinfo_map"},
      {"two", R"({"inputs": {"a": [1]}})", "Missing named input: b in 'inputs' object."},
      {"one", R"({"inputs": [[1, 2], 3]})",
       "JSON Value: 3 found at incorrect level: 2 in the JSON DOM. Expected at level: 2"},
      {"one", R"({"inputs": [[1, 2], [3]]})",
       "Encountered list at unexpected size: 1 at level: 1 expected size: 2"},
      {"one", R"({"inputs": [1, [2]]})", "Encountered list at unexpected level: 1 expected < 1"},
      {"two", R"({"inputs": {"a": [1], "b": [[1]]}})",
       "JSON Value: 1 Type: Number is not of expected type: bool"}};
  for (const Bad& bad : bads) EXPECT_EQ(refusal_of(bad.model, bad.body), bad.text) << bad.body;
  EXPECT_THAT(refusal_of("one", R"({"instances": [)"), HasSubstr("JSON Parse error: "));
}

TEST_F(TfJson, NoBytesMakeItFall) {
  const std::string_view pieces[] = {"{",
                                     "}",
                                     "[",
                                     "]",
                                     ",",
                                     ":",
                                     "\"instances\"",
                                     "\"inputs\"",
                                     "\"",
                                     "\"a\"",
                                     "\\",
                                     "NaN",
                                     "-Inf",
                                     "1",
                                     "2.5",
                                     "true",
                                     "{\"b64\":\"YQ==\"}",
                                     "{\"\":\"NaN\"}",
                                     "null",
                                     "\"examples\"",
                                     "\"x\""};
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 20'000; ++round) {
    std::string body = random() % 2 == 0 ? R"({"instances":[)" : "{";
    const std::size_t count = random() % 12;
    for (std::size_t i = 0; i < count; ++i) body += pieces[random() % std::size(pieces)];
    if (random() % 2 == 0) body += "]}";
    (void)read(random() % 2 == 0 ? "one" : "two", body).has_value();
    (void)JsonExamples::read(body).has_value();
  }
}

std::string examples_refused(std::string_view body) {
  const Result<JsonExamples> request = JsonExamples::read(body);
  return request ? "accepted" : std::string{request.error().message()};
}

TEST(TfJsonExamples, FeaturesHaveOneKindEach) {
  const Result<JsonExamples> request = JsonExamples::read(
      R"({"signature_name": "s", "context": {"all": [1, true]}, "examples": [{"f": 1.5}, {"t": ["a", {"b64": "YmM="}], "all": 3}]})");
  ASSERT_TRUE(request) << request.error().to_string();
  EXPECT_EQ(request->signature(), "s");
  ASSERT_EQ(request->examples().rows.size(), 2U);
  const Example& first = request->examples().rows[0];
  EXPECT_EQ(std::get<std::vector<float>>(first.at("f")), std::vector<float>{1.5F});
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(request->examples().context.at("all")),
            (std::vector<std::int64_t>{1, 1}));
  const Example& second = request->examples().rows[1];
  EXPECT_EQ(std::get<std::vector<std::string_view>>(second.at("t")),
            (std::vector<std::string_view>{"a", "bc"}));
  EXPECT_EQ(std::get<std::vector<std::int64_t>>(second.at("all")), std::vector<std::int64_t>{3});
}

TEST(TfJsonExamples, WhatIsNotRightIsSaidAsTensorFlowServingSaysIt) {
  const std::pair<const char*, const char*> bads[] = {
      {R"({})", "JSON Value: {} When method is classify, key 'examples' is expected and was not found"},
      {R"({"examples": 1})", R"(JSON Value: {"examples":1} Expecting 'examples' value to be an list/array)"},
      {R"({"examples": []})", R"(JSON Value: {"examples":[]} 'examples' value is an empty array)"},
      {R"({"examples": [1]})", "Example must be JSON object but got JSON Number"},
      {R"({"examples": [{"f": null}]})", "Feature: f has element with unexpected JSON type: Null"},
      {R"({"examples": [{"f": [[1]]}]})", "Feature: f has element with unexpected JSON type: Array"},
      {R"({"examples": [{"f": [1, 2.5]}]})", "Unexpected element type in feature: f expecting type: int64"},
      {R"({"examples": [{"f": 18446744073709551615}]})",
       "Feature: f has uint64_t element. Only int64_t is supported."},
      {R"({"examples": [{"f": {"b64": "?"}}]})", "Unable to base64 decode"}};
  for (const auto& [body, text] : bads) EXPECT_EQ(examples_refused(body), text) << body;
}

Tensor floats(std::string name, Shape shape, const std::vector<float>& values) {
  return Tensor::owning(std::move(name), DataType::kFp32, std::move(shape),
                        Buffer::copy_of(std::as_bytes(std::span{values})));
}

Tensor texts(std::string name, const std::vector<std::string>& values) {
  std::string elements;
  for (const std::string& value : values) models::append_element(elements, value);
  return Tensor::owning(std::move(name), DataType::kBytes, {static_cast<std::int64_t>(values.size())},
                        Buffer::copy_of(as_bytes(elements)));
}

TEST(TfJsonAnswer, HasRowsOrColumns) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  const models::Tensors one{
      floats("y", {2, 2}, {1, 0.25F, std::numeric_limits<float>::quiet_NaN(), -kInfinity})};
  EXPECT_EQ(predict_body(JsonFormat::kRow, one).value(),
            "{\n    \"predictions\": [[1.0, 0.25], [NaN, -Infinity]]\n}");
  const models::Tensors two{floats("y", {1}, {1e20F}), texts("t_bytes", {"abc"}), texts("t", {"\xFF"})};
  EXPECT_EQ(predict_body(JsonFormat::kRow, two).value(),
            R"({
    "predictions": [{"y": 1e+20, "t_bytes": {"b64": "YWJj"}, "t": {"b64": "/w=="}}]
})");
  EXPECT_EQ(predict_body(JsonFormat::kColumn, two).value(),
            R"({
    "outputs": {"y": [1e+20], "t_bytes": [{"b64": "YWJj"}], "t": [{"b64": "/w=="}]}
})");
}

TEST(TfJsonAnswer, RowsMustBeAsManyInEveryOutput) {
  const auto refusal = [](const models::Tensors& outputs) {
    return std::string{predict_body(JsonFormat::kRow, outputs).error().message()};
  };
  EXPECT_EQ(refusal({floats("y", {}, {1})}), "Tensor name: y has no shape information ");
  EXPECT_EQ(refusal({floats("y", {1}, {1}), floats("z", {2}, {1, 2})}),
            "Tensor name: z has inconsistent batch size: 2 expecting: 1");
}

TEST(TfJsonAnswer, OfExamplesIsAListOfResults) {
  const std::vector<std::string> labels{"cat", "dog"};
  EXPECT_EQ(classify_body(floats("s", {2, 2}, {0.5F, 0.5F, 1, 0}), labels),
            "{\n    \"results\": [[[\"cat\", 0.5], [\"dog\", 0.5]], [[\"cat\", 1.0], [\"dog\", 0.0]]]\n}");
  EXPECT_EQ(regress_body(floats("v", {2, 1}, {0.5F, -2})), "{\n    \"results\": [0.5, -2.0]\n}");
  EXPECT_EQ(error_body("a \"b\""), "{\n    \"error\": \"a \\\"b\\\"\"\n}");
}

}  // namespace
}  // namespace parlance::dialects::tfserving
