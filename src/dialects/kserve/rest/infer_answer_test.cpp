#include "dialects/kserve/rest/infer_answer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "dialects/kserve/rest/message.h"
#include "kserve/grpc_service.pb.h"

namespace parlance::dialects::kserve::rest {
namespace {

using ::inference::ModelInferResponse;

ModelInferResponse head() {
  ModelInferResponse response;
  response.set_model_name("m");
  response.set_model_version("1");
  return response;
}

void add(ModelInferResponse& response, const std::string& name, const std::string& datatype,
         std::initializer_list<std::int64_t> shape, const std::string& raw) {
  auto* const output = response.add_outputs();
  output->set_name(name);
  output->set_datatype(datatype);
  for (const std::int64_t dimension : shape) output->add_shape(dimension);
  response.add_raw_output_contents(raw);
}

template <typename T>
std::string raw_of(std::initializer_list<T> values) {
  return {reinterpret_cast<const char*>(values.begin()), values.size() * sizeof(T)};
}

Result<edge::HttpResponse> written(const ModelInferResponse& response, const OutputForms& forms = {}) {
  return write_infer_answer(as_bytes(response.SerializeAsString()), forms);
}

/// "data" of an answer with one output.
std::string data_of(const std::string& datatype, std::int64_t size, const std::string& raw) {
  ModelInferResponse response = head();
  add(response, "y", datatype, {size}, raw);
  const auto answer = written(response);
  if (!answer) return std::string{answer.error().message()};
  const std::size_t at = answer->body.find("\"data\":") + 7;
  return answer->body.substr(at, answer->body.rfind("}]}") - at);
}

TEST(RestInferAnswer, IsJsonWithFlatArrays) {
  ModelInferResponse response = head();
  response.set_id("7");
  (*response.mutable_parameters())["final"].set_bool_param(true);
  add(response, "y", "FP32", {1, 2}, raw_of({0.1F, 1.0F}));
  const auto answer = written(response);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->content_type, "application/json");
  EXPECT_TRUE(answer->fields.empty());
  EXPECT_EQ(answer->body, R"({"id":"7","model_name":"m","model_version":"1","parameters":{"final":true},)"
                          R"("outputs":[{"name":"y","datatype":"FP32","shape":[1,2],"data":[0.1,1]}]})");
}

TEST(RestInferAnswer, NumbersAreReadAsTheSameAgain) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  EXPECT_EQ(data_of("FP32", 4, raw_of({1.17549435e-38F, NAN, kInfinity, -kInfinity})),
            "[1.1754944e-38,NaN,Infinity,-Infinity]");
  EXPECT_EQ(data_of("FP64", 3, raw_of({0.1, 0.0, -0.0})), "[0.1,0,-0.0]");
  EXPECT_EQ(data_of("UINT64", 1, raw_of({UINT64_MAX})), "[18446744073709551615]");
  EXPECT_EQ(data_of("INT8", 2, raw_of<std::int8_t>({-128, 127})), "[-128,127]");
  EXPECT_EQ(data_of("BOOL", 3, std::string("\0\1\2", 3)), "[false,true,true]");
  EXPECT_EQ(data_of("INT32", 0, ""), "[]");
}

TEST(RestInferAnswer, TextsAreStrings) {
  EXPECT_EQ(data_of("BYTES", 2, std::string("\2\0\0\0a\"\1\0\0\0\n", 11)), R"(["a\"","\n"])");
  EXPECT_EQ(
      data_of("BYTES", 1, std::string("\1\0\0\0\xff", 5)),
      "sending BYTES data that is not UTF-8 via JSON is not supported. Please use the binary data format "
      "(\"binary_data\": true) for output y");
}

TEST(RestInferAnswer, ContentsThatAreNotTheirShapesAreTheServersFault) {
  for (const std::string& raw :
       {std::string("\1\0\0\0", 4), std::string("\1\0\0", 3), std::string("\0\0\0\0x", 5)})
    EXPECT_EQ(data_of("BYTES", 1, raw),
              "Output \"y\" of BYTES [1] came with " + std::to_string(raw.size()) + " bytes");
  EXPECT_EQ(data_of("FP32", 2, "1234"), "Output \"y\" of FP32 [2] came with 4 bytes");
}

TEST(RestInferAnswer, BinaryDataFollowTheJson) {
  ModelInferResponse response = head();
  add(response, "a", "FP16", {1}, "12");
  add(response, "b", "UINT8", {1}, "\7");
  add(response, "c", "UINT8", {3}, "345");
  add(response, "d", "UINT8", {3}, "");
  const auto answer =
      written(response, {.otherwise = OutputForm::kBinary,
                         .by_name = {{"b", OutputForm::kJson}, {"d", OutputForm::kElsewhere}}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->content_type, "application/octet-stream");
  ASSERT_EQ(answer->fields.size(), 1U);
  EXPECT_EQ(answer->fields[0].name, "Inference-Header-Content-Length");
  const std::string json = answer->body.substr(0, std::stoul(answer->fields[0].value));
  EXPECT_EQ(json, R"({"model_name":"m","model_version":"1","outputs":[)"
                  R"({"name":"a","datatype":"FP16","shape":[1],"parameters":{"binary_data_size":2}},)"
                  R"({"name":"b","datatype":"UINT8","shape":[1],"data":[7]},)"
                  R"({"name":"c","datatype":"UINT8","shape":[3],"parameters":{"binary_data_size":3}},)"
                  R"({"name":"d","datatype":"UINT8","shape":[3]}]})");
  EXPECT_EQ(answer->body.substr(json.size()), "12345");
}

TEST(RestInferAnswer, OfAGeneratedTextIsAFlatObject) {
  ModelInferResponse response = head();
  (*response.mutable_parameters())["finish_reason"].set_string_param("stop");
  add(response, "text_output", "BYTES", {1}, std::string("\2\0\0\0hi", 6));
  EXPECT_EQ(*generate_json(as_bytes(response.SerializeAsString())),
            R"({"model_name":"m","model_version":"1","finish_reason":"stop","text_output":"hi"})");
}

TEST(RestMessage, HasTheNamesOfItsProto) {
  ::inference::ModelMetadataResponse message;
  message.set_name("m");
  message.add_versions("1");
  auto* const tensor = message.add_inputs();
  tensor->set_name("x");
  tensor->add_shape(-1);
  EXPECT_EQ(to_json(message), R"({"name":"m","versions":["1"],"platform":"",)"
                              R"("inputs":[{"name":"x","datatype":"","shape":[-1]}],"outputs":[]})");
  ::inference::ModelInferRequest maps;
  (*maps.mutable_parameters())["a"].set_int64_param(9007199254740993);
  EXPECT_NE(to_json(maps).find(R"("parameters":{"a":{"int64_param":9007199254740993}})"), std::string::npos);
}

}  // namespace
}  // namespace parlance::dialects::kserve::rest
