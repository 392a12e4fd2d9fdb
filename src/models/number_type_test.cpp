#include "models/number_type.h"

#include <gtest/gtest.h>

namespace parlance::models {
namespace {

std::optional<std::size_t> bytes_of(DataType type) {
  return with_number_type(type, []<typename T>(std::type_identity<T>) { return sizeof(T); });
}

TEST(NumberType, IsAsLongAsTheDataType) {
  for (const DataType type : {DataType::kBool, DataType::kUint8, DataType::kUint16, DataType::kUint32,
                              DataType::kUint64, DataType::kInt8, DataType::kInt16, DataType::kInt32,
                              DataType::kInt64, DataType::kFp32, DataType::kFp64})
    EXPECT_EQ(bytes_of(type), size_bytes(type)) << to_string(type);
}

TEST(NumberType, IsTheOneThatTensorsAreReadAs) {
  const auto type_of = [](DataType type) {
    return with_number_type(type, []<typename T>(std::type_identity<T>) { return data_type_of<T>; });
  };
  for (const DataType type :
       {DataType::kBool, DataType::kInt32, DataType::kInt64, DataType::kFp32, DataType::kFp64})
    EXPECT_EQ(type_of(type), type) << to_string(type);
}

TEST(NumberType, OfWhatIsNoNumberInCppIsNone) {
  for (const DataType type : {DataType::kFp16, DataType::kBf16, DataType::kBytes})
    EXPECT_EQ(bytes_of(type), std::nullopt) << to_string(type);
}

}  // namespace
}  // namespace parlance::models
