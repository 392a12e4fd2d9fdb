#include "models/data_type.h"

#include <gtest/gtest.h>

namespace parlance::models {
namespace {

TEST(DataType, HasTheNamesOfTheOpenInferenceProtocol) {
  EXPECT_EQ(to_string(DataType::kFp32), "FP32");
  EXPECT_EQ(to_string(DataType::kUint8), "UINT8");
  EXPECT_EQ(to_string(DataType::kBf16), "BF16");
  for (int i = 0; i <= static_cast<int>(DataType::kBytes); ++i) {
    const auto type = static_cast<DataType>(i);
    EXPECT_EQ(parse_data_type(to_string(type)), type);
  }
  EXPECT_EQ(parse_data_type("fp32"), std::nullopt);
  EXPECT_EQ(parse_data_type("FLOAT"), std::nullopt);
}

TEST(DataType, KnowsItsSize) {
  EXPECT_EQ(size_bytes(DataType::kBool), 1U);
  EXPECT_EQ(size_bytes(DataType::kFp16), 2U);
  EXPECT_EQ(size_bytes(DataType::kInt32), 4U);
  EXPECT_EQ(size_bytes(DataType::kFp64), 8U);
  EXPECT_EQ(size_bytes(DataType::kBytes), 0U);
  EXPECT_EQ(least_size_bytes(DataType::kBytes), 4U);
  EXPECT_EQ(least_size_bytes(DataType::kFp64), 8U);
  EXPECT_EQ(data_type_of<float>, DataType::kFp32);
  EXPECT_EQ(data_type_of<std::int64_t>, DataType::kInt64);
}

}  // namespace
}  // namespace parlance::models
