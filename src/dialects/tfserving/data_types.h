#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "models/data_type.h"
#include "tfserving/tensor.views.h"

namespace parlance::dialects::tfserving {

using TfDataType = ::tensorflow::DataTypeValue;

/// Nothing: a type that no model here has (complex, quantised, resource and so on).
std::optional<models::DataType> from_tensorflow(TfDataType type);
TfDataType to_tensorflow(models::DataType type);

/// As TensorFlow's messages name a type: "float", "half", "string"; "invalid" for a number that names none.
std::string_view name_of(TfDataType type);
/// "DT_FLOAT".
std::string symbol_of(models::DataType type);

}  // namespace parlance::dialects::tfserving
