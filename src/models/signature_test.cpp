#include "models/signature.h"

#include <gtest/gtest.h>

#include <array>

#include "grpc/error_details.h"

namespace parlance::models {
namespace {

const Signature kOne{.inputs = {{"features", DataType::kFp32, {-1, 4}}}, .outputs = {}};
const Signature kTwo{.inputs = {{"a", DataType::kFp32, {-1, 2}}, {"b", DataType::kInt64, {1}}},
                     .outputs = {}};

constexpr std::array<float, 8> kFloats{1, 2, 3, 4, 5, 6, 7, 8};
constexpr std::array<std::int64_t, 1> kInts{9};

Tensor floats(std::string name, Shape shape, std::size_t count) {
  return Tensor::of<float>(std::move(name), std::move(shape), std::span{kFloats}.first(count));
}
Tensor ints(std::string name) { return Tensor::of<std::int64_t>(std::move(name), {1}, kInts); }

TEST(BindInputs, PutsTensorsInTheOrderOfTheSignature) {
  const Result<Tensors> bound = bind_inputs(kTwo, {ints("b"), floats("a", {2, 2}, 4)});
  ASSERT_TRUE(bound) << bound.error().to_string();
  ASSERT_EQ(bound->size(), 2U);
  EXPECT_EQ((*bound)[0].name(), "a");
  EXPECT_EQ((*bound)[1].as<std::int64_t>()[0], 9);
}

TEST(BindInputs, TakesALoneTensorWithoutANameForTheLoneInput) {
  const Result<Tensors> bound = bind_inputs(kOne, {floats("", {2, 4}, 8)});
  ASSERT_TRUE(bound) << bound.error().to_string();
  EXPECT_EQ((*bound)[0].bytes().data(), std::as_bytes(std::span{kFloats}).data()) << "borrowed, not copied";
}

struct BadInputs {
  const char* what;
  const Signature* signature;
  Tensors given;
  const char* message;
};

TEST(BindInputs, SaysWhatIsWrong) {
  const BadInputs cases[] = {
      {"none", &kOne, {}, "Input \"features\" is missing"},
      {"one missing", &kTwo, {ints("b")}, "Input \"a\" is missing"},
      {"unknown", &kTwo, {ints("b"), ints("c")}, "There is no input \"c\"; the inputs are: a, b"},
      {"unknown alone", &kOne, {ints("x")}, "There is no input \"x\"; the inputs are: features"},
      {"twice",
       &kTwo,
       {ints("b"), floats("a", {1, 2}, 2), floats("a", {1, 2}, 2)},
       "Input \"a\" is there more than once"},
      {"type", &kOne, {ints("features")}, "Input \"features\" must be FP32, got INT64"},
      {"rank",
       &kOne,
       {floats("features", {4}, 4)},
       "Input \"features\" must have the shape [-1, 4], got [4]"},
      {"dimension",
       &kOne,
       {floats("features", {1, 3}, 3)},
       "Input \"features\" must have the shape [-1, 4], got [1, 3]"},
      {"negative",
       &kOne,
       {floats("features", {-1, 4}, 4)},
       "Input \"features\" must have the shape [-1, 4], got [-1, 4]"},
      {"too few bytes",
       &kOne,
       {floats("features", {2, 4}, 4)},
       "Input \"features\" of shape [2, 4] does not have the 16 bytes it came with"},
      {"overflow",
       &kOne,
       {floats("features", {std::int64_t{1} << 62, 4}, 4)},
       "Input \"features\" of shape [4611686018427387904, 4] does not have the 16 bytes it came with"},
  };
  for (const BadInputs& each : cases) {
    SCOPED_TRACE(each.what);
    const Result<Tensors> bound = bind_inputs(*each.signature, each.given);
    ASSERT_FALSE(bound);
    EXPECT_EQ(bound.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(bound.error().message(), each.message);
    EXPECT_EQ(grpc::error_info(bound.error())->reason, "INVALID_INPUT");
  }
}

TEST(CheckDeclared, AcceptsTheSameTensorsInAnyOrderAndOpenDimensions) {
  EXPECT_TRUE(
      check_declared({{"b", DataType::kInt64, {1}}, {"a", DataType::kFp32, {8, -1}}}, kTwo.inputs, "input")
          .ok());
}

TEST(CheckDeclared, NamesTheDifference) {
  EXPECT_EQ(check_declared({{"x", DataType::kFp32, {-1, 4}}}, kOne.inputs, "input").message(),
            "the configuration declares the input \"x\", the model has: features");
  EXPECT_EQ(
      check_declared({{"features", DataType::kFp64, {-1, 4}}}, kOne.inputs, "input").message(),
      "the configuration declares the input features FP64 [-1, 4], the model has features FP32 [-1, 4]");
  EXPECT_EQ(check_declared({{"features", DataType::kFp32, {4}}}, kOne.inputs, "input").message(),
            "the configuration declares the input features FP32 [4], the model has features FP32 [-1, 4]");
  EXPECT_EQ(check_declared({{"a", DataType::kFp32, {-1, 2}}}, kTwo.inputs, "input").message(),
            "the configuration does not declare the input \"b\" of the model");
}

}  // namespace
}  // namespace parlance::models
