#include "dialects/tfserving/tensor_input.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "models/byte_elements.h"
#include "tfserving/prediction_service.pb.h"
#include "wire/parsed.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Shape;
using ::tensorflow::TensorProto;
using ::tensorflow::serving::PredictRequest;
using ::tensorflow::serving::PredictRequestView;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TensorProto tensor(::tensorflow::DataType type, const Shape& shape) {
  TensorProto proto;
  proto.set_dtype(type);
  for (const std::int64_t size : shape) proto.mutable_tensor_shape()->add_dim()->set_size(size);
  return proto;
}

/// A request as it was received.
class Received {
 public:
  explicit Received(const PredictRequest& request) : bytes_(request.SerializeAsString()) {
    EXPECT_EQ(view_.parse(as_bytes(bytes_)).why, nullptr);
  }
  const PredictRequestView& operator*() const { return *view_; }

 private:
  std::string bytes_;
  wire::Parsed<PredictRequestView> view_;
};

PredictRequest asking(const TensorProto& x) {
  PredictRequest request;
  (*request.mutable_inputs())["x"] = x;
  return request;
}

models::Signature taking(DataType type) { return {.inputs = {{"x", type, {-1}}}}; }

std::string refusal_of(const models::Signature& signature, const PredictRequest& request) {
  const Received received{request};
  const auto tensors = to_tensors(signature, *received);
  return tensors ? "accepted" : std::string{tensors.error().message()};
}

template <typename T>
std::vector<T> values_of(DataType type, const TensorProto& proto) {
  const Received received{asking(proto)};
  const auto tensors = to_tensors(taking(type), *received);
  EXPECT_TRUE(tensors) << tensors.error().to_string();
  if (!tensors) return {};
  EXPECT_EQ(tensors->at(0).name(), "x");
  EXPECT_EQ(tensors->at(0).type(), type);
  std::vector<T> values(tensors->at(0).bytes().size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), tensors->at(0).bytes().data(), values.size() * sizeof(T));
  return values;
}

TEST(TfTensorInput, EveryTypeHasAFieldOfItsOwn) {
  auto proto = tensor(::tensorflow::DT_FLOAT, {2});
  proto.add_float_val(1.5F);
  proto.add_float_val(-2);
  EXPECT_THAT(values_of<float>(DataType::kFp32, proto), ElementsAre(1.5F, -2));
  proto = tensor(::tensorflow::DT_DOUBLE, {1});
  proto.add_double_val(0.1);
  EXPECT_THAT(values_of<double>(DataType::kFp64, proto), ElementsAre(0.1));
  proto = tensor(::tensorflow::DT_INT8, {2});
  proto.add_int_val(-128);
  proto.add_int_val(127);
  EXPECT_THAT(values_of<std::int8_t>(DataType::kInt8, proto), ElementsAre(-128, 127));
  proto.set_dtype(::tensorflow::DT_INT16);
  EXPECT_THAT(values_of<std::int16_t>(DataType::kInt16, proto), ElementsAre(-128, 127));
  proto.set_dtype(::tensorflow::DT_INT32);
  EXPECT_THAT(values_of<std::int32_t>(DataType::kInt32, proto), ElementsAre(-128, 127));
  proto = tensor(::tensorflow::DT_UINT16, {1});
  proto.add_int_val(65535);
  EXPECT_THAT(values_of<std::uint16_t>(DataType::kUint16, proto), ElementsAre(65535));
  proto = tensor(::tensorflow::DT_UINT32, {1});
  proto.add_uint32_val(4'000'000'000U);
  EXPECT_THAT(values_of<std::uint32_t>(DataType::kUint32, proto), ElementsAre(4'000'000'000U));
  proto = tensor(::tensorflow::DT_UINT64, {1});
  proto.add_uint64_val(UINT64_MAX);
  EXPECT_THAT(values_of<std::uint64_t>(DataType::kUint64, proto), ElementsAre(UINT64_MAX));
  proto = tensor(::tensorflow::DT_INT64, {1});
  proto.add_int64_val(INT64_MIN);
  EXPECT_THAT(values_of<std::int64_t>(DataType::kInt64, proto), ElementsAre(INT64_MIN));
  proto = tensor(::tensorflow::DT_BOOL, {2});
  proto.add_bool_val(true);
  proto.add_bool_val(false);
  EXPECT_THAT(values_of<std::uint8_t>(DataType::kBool, proto), ElementsAre(1, 0));
  for (const auto& [theirs, ours] : {std::pair{::tensorflow::DT_HALF, DataType::kFp16},
                                     std::pair{::tensorflow::DT_BFLOAT16, DataType::kBf16}}) {
    proto = tensor(theirs, {2});
    proto.add_half_val(0x3C00);
    proto.add_half_val(0xFFFF);
    EXPECT_THAT(values_of<std::uint16_t>(ours, proto), ElementsAre(0x3C00, 0xFFFF));
  }
}

TEST(TfTensorInput, TheLastValueGoesOn) {
  auto proto = tensor(::tensorflow::DT_INT64, {5});
  proto.add_int64_val(1);
  proto.add_int64_val(7);
  EXPECT_THAT(values_of<std::int64_t>(DataType::kInt64, proto), ElementsAre(1, 7, 7, 7, 7));
  proto.clear_int64_val();
  EXPECT_THAT(values_of<std::int64_t>(DataType::kInt64, proto), ElementsAre(0, 0, 0, 0, 0));
  proto = tensor(::tensorflow::DT_FLOAT, {2});
  for (const float value : {1.0F, 2.0F, 3.0F}) proto.add_float_val(value);
  EXPECT_THAT(values_of<float>(DataType::kFp32, proto), ElementsAre(1, 2))
      << "what is too much is passed over";
}

TEST(TfTensorInput, ContentGoesBeforeTheField) {
  auto proto = tensor(::tensorflow::DT_INT16, {2});
  proto.set_tensor_content(std::string("\x01\x00\xFE\xFF", 4));
  proto.add_int_val(99);
  EXPECT_THAT(values_of<std::int16_t>(DataType::kInt16, proto), ElementsAre(1, -2));
}

TEST(TfTensorInput, StringsAreTextsOfAnyLength) {
  auto proto = tensor(::tensorflow::DT_STRING, {3});
  proto.add_string_val("a");
  proto.add_string_val(std::string("\0\xFF", 2));
  const Received values{asking(proto)};
  const auto of_values = to_tensors(taking(DataType::kBytes), *values);
  ASSERT_TRUE(of_values) << of_values.error().to_string();
  EXPECT_THAT(models::split_elements(of_values->at(0).bytes()),
              ElementsAre("a", std::string("\0\xFF", 2), std::string("\0\xFF", 2)));
  proto = tensor(::tensorflow::DT_STRING, {2});
  proto.set_tensor_content(std::string("\x02\x00hi", 4));
  const Received content{asking(proto)};
  const auto of_content = to_tensors(taking(DataType::kBytes), *content);
  ASSERT_TRUE(of_content) << of_content.error().to_string();
  EXPECT_THAT(models::split_elements(of_content->at(0).bytes()), ElementsAre("hi", ""));
}

struct Bad {
  std::string text;
  std::function<void(PredictRequest&)> change;
};

TEST(TfTensorInput, WhatIsNotRightIsSaidAsTensorFlowServingSaysIt) {
  auto good = tensor(::tensorflow::DT_FLOAT, {1});
  good.add_float_val(1);
  const auto x = [](PredictRequest& request) -> TensorProto& { return (*request.mutable_inputs())["x"]; };
  const Bad bads[] = {
      {"input size does not match signature: 0!=1 len({}) != len({x}). Sent extra: {}. Missing but required: "
       "{x}.",
       [](PredictRequest& request) { request.clear_inputs(); }},
      {"input size does not match signature: 2!=1 len({a,x}) != len({x}). Sent extra: {a}. Missing but "
       "required: {}.",
       [&](PredictRequest& request) { (*request.mutable_inputs())["a"] = good; }},
      {"input tensor alias not found in signature: y. Inputs expected to be in the set {x}.",
       [&](PredictRequest& request) {
         request.clear_inputs();
         (*request.mutable_inputs())["y"] = good;
       }},
      {"Expects arg[0] to be float but double is provided (input \"x\")",
       [&](PredictRequest& request) { x(request).set_dtype(::tensorflow::DT_DOUBLE); }},
      {"Expects arg[0] to be float but complex64 is provided (input \"x\")",
       [&](PredictRequest& request) { x(request).set_dtype(::tensorflow::DT_COMPLEX64); }},
      {"tensor parsing error: x: it has no dtype",
       [&](PredictRequest& request) { x(request).clear_dtype(); }},
      {"tensor parsing error: x: its shape is [-1]",
       [&](PredictRequest& request) { x(request).mutable_tensor_shape()->mutable_dim(0)->set_size(-1); }},
      {"tensor parsing error: x: its shape is not known",
       [&](PredictRequest& request) { x(request).mutable_tensor_shape()->set_unknown_rank(true); }},
      {"tensor parsing error: x: tensor_content has 3 bytes, the shape [1] does not",
       [&](PredictRequest& request) { x(request).set_tensor_content("abc"); }},
      {"Input \"x\" is larger than 67108864 bytes with its last value repeated; send all of its values",
       [&](PredictRequest& request) {
         x(request).mutable_tensor_shape()->mutable_dim(0)->set_size(1LL << 40);
       }}};
  for (const Bad& bad : bads) {
    PredictRequest request = asking(good);
    bad.change(request);
    EXPECT_EQ(refusal_of(taking(DataType::kFp32), request), bad.text);
  }
}

TEST(TfTensorInput, ValuesThatTheTypeDoesNotHaveAreRefused) {
  auto proto = tensor(::tensorflow::DT_UINT8, {1});
  proto.add_int_val(256);
  EXPECT_EQ(refusal_of(taking(DataType::kUint8), asking(proto)),
            "tensor parsing error: x: the value 256 is no DT_UINT8");
}

TEST(TfTensorInput, StringsOfContentThatAreNotThereAreRefused) {
  for (const auto& [content, text] : {std::pair{std::string("\x05"
                                                            "ab",
                                                            3),
                                                "is cut off"},
                                      std::pair{std::string("\xFF", 1), "no length"},
                                      std::pair{std::string("\x01"
                                                            "ab",
                                                            3),
                                                "longer than its strings"}}) {
    auto proto = tensor(::tensorflow::DT_STRING, {1});
    proto.set_tensor_content(content);
    EXPECT_THAT(refusal_of(taking(DataType::kBytes), asking(proto)), HasSubstr(text));
  }
}

}  // namespace
}  // namespace parlance::dialects::tfserving
