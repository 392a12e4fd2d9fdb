#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

#include "models/data_type.h"

namespace parlance::models {

/// What `visit(std::type_identity<T>{})` gives, where T is an element of `type` in C++. Nothing for types
/// that C++ has no numbers for: FP16, BF16 and BYTES.
///
///   with_number_type(tensor.type(), [&]<typename T>(std::type_identity<T>) { return sum(tensor.as<T>()); })
template <typename Visit>
auto with_number_type(DataType type, Visit&& visit)
    -> std::optional<std::invoke_result_t<Visit&, std::type_identity<bool>>> {
  switch (type) {
    case DataType::kBool:
      return visit(std::type_identity<bool>{});
    case DataType::kUint8:
      return visit(std::type_identity<std::uint8_t>{});
    case DataType::kUint16:
      return visit(std::type_identity<std::uint16_t>{});
    case DataType::kUint32:
      return visit(std::type_identity<std::uint32_t>{});
    case DataType::kUint64:
      return visit(std::type_identity<std::uint64_t>{});
    case DataType::kInt8:
      return visit(std::type_identity<std::int8_t>{});
    case DataType::kInt16:
      return visit(std::type_identity<std::int16_t>{});
    case DataType::kInt32:
      return visit(std::type_identity<std::int32_t>{});
    case DataType::kInt64:
      return visit(std::type_identity<std::int64_t>{});
    case DataType::kFp32:
      return visit(std::type_identity<float>{});
    case DataType::kFp64:
      return visit(std::type_identity<double>{});
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  return std::nullopt;
}

}  // namespace parlance::models
