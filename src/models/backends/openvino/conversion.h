#pragma once

#include <openvino/openvino.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "models/signature.h"

// Between the engine's types and ours. Included by this folder's sources only.
namespace parlance::models::openvino {

/// Nothing for a type that a Tensor cannot hold (strings, packed 4-bit numbers).
std::optional<DataType> to_data_type(const ov::element::Type& type);
ov::element::Type to_element_type(DataType type);

/// FAILED_PRECONDITION in words for an input or output whose type or rank has no place in a Signature.
Result<Signature> to_signature(const ov::CompiledModel& model);

/// The part of an engine's message that says what is wrong: without the places in its own source code and
/// without line breaks.
std::string plain_reason(const char* what);

}  // namespace parlance::models::openvino
