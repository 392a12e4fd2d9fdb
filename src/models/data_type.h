#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace parlance::models {

/// What one element of a tensor is, under the names of the Open Inference Protocol v2.
enum class DataType : std::uint8_t {
  kBool,
  kUint8,
  kUint16,
  kUint32,
  kUint64,
  kInt8,
  kInt16,
  kInt32,
  kInt64,
  kFp16,
  kBf16,
  kFp32,
  kFp64,
  kBytes,  // a text, or bytes of any number: in memory as byte_elements.h says
};

/// "FP32" and so on.
std::string_view to_string(DataType type);
/// The type of that name, spelled exactly as to_string() spells it.
std::optional<DataType> parse_data_type(std::string_view name);
/// 0: of kBytes each has its own.
std::size_t size_bytes(DataType type);
/// What an element takes at least, all of it zeros: of kBytes an empty one.
std::size_t least_size_bytes(DataType type);

/// The DataType that a C++ type is in memory: data_type_of<float> is kFp32.
template <typename T>
inline constexpr DataType data_type_of = DataType::kUint8;
template <>
inline constexpr DataType data_type_of<bool> = DataType::kBool;
template <>
inline constexpr DataType data_type_of<std::int32_t> = DataType::kInt32;
template <>
inline constexpr DataType data_type_of<std::int64_t> = DataType::kInt64;
template <>
inline constexpr DataType data_type_of<float> = DataType::kFp32;
template <>
inline constexpr DataType data_type_of<double> = DataType::kFp64;

}  // namespace parlance::models
