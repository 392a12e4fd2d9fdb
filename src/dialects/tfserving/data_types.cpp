#include "dialects/tfserving/data_types.h"

#include <algorithm>
#include <cctype>
#include <iterator>

namespace parlance::dialects::tfserving {
namespace {

using enum TfDataType;
using models::DataType;

struct Served {
  DataType ours;
  TfDataType theirs;
};
constexpr Served kServed[] = {
    {DataType::kBool, DT_BOOL},     {DataType::kUint8, DT_UINT8},   {DataType::kUint16, DT_UINT16},
    {DataType::kUint32, DT_UINT32}, {DataType::kUint64, DT_UINT64}, {DataType::kInt8, DT_INT8},
    {DataType::kInt16, DT_INT16},   {DataType::kInt32, DT_INT32},   {DataType::kInt64, DT_INT64},
    {DataType::kFp16, DT_HALF},     {DataType::kBf16, DT_BFLOAT16}, {DataType::kFp32, DT_FLOAT},
    {DataType::kFp64, DT_DOUBLE},   {DataType::kBytes, DT_STRING}};

struct Named {
  TfDataType type;
  std::string_view name;
};
constexpr Named kNames[] = {{DT_FLOAT, "float"},
                            {DT_DOUBLE, "double"},
                            {DT_INT32, "int32"},
                            {DT_UINT8, "uint8"},
                            {DT_INT16, "int16"},
                            {DT_INT8, "int8"},
                            {DT_STRING, "string"},
                            {DT_COMPLEX64, "complex64"},
                            {DT_INT64, "int64"},
                            {DT_BOOL, "bool"},
                            {DT_QINT8, "qint8"},
                            {DT_QUINT8, "quint8"},
                            {DT_QINT32, "qint32"},
                            {DT_BFLOAT16, "bfloat16"},
                            {DT_QINT16, "qint16"},
                            {DT_QUINT16, "quint16"},
                            {DT_UINT16, "uint16"},
                            {DT_COMPLEX128, "complex128"},
                            {DT_HALF, "half"},
                            {DT_RESOURCE, "resource"},
                            {DT_VARIANT, "variant"},
                            {DT_UINT32, "uint32"},
                            {DT_UINT64, "uint64"},
                            {DT_FLOAT8_E5M2, "float8_e5m2"},
                            {DT_FLOAT8_E4M3FN, "float8_e4m3fn"},
                            {DT_INT4, "int4"},
                            {DT_UINT4, "uint4"}};

}  // namespace

std::optional<DataType> from_tensorflow(TfDataType type) {
  const auto* served = std::ranges::find(kServed, type, &Served::theirs);
  if (served == std::end(kServed)) return std::nullopt;
  return served->ours;
}

TfDataType to_tensorflow(DataType type) { return std::ranges::find(kServed, type, &Served::ours)->theirs; }

std::string_view name_of(TfDataType type) {
  const auto* named = std::ranges::find(kNames, type, &Named::type);
  return named == std::end(kNames) ? "invalid" : named->name;
}

std::string symbol_of(DataType type) {
  std::string symbol = "DT_";
  for (const char letter : name_of(to_tensorflow(type)))
    symbol += static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  return symbol;
}

}  // namespace parlance::dialects::tfserving
