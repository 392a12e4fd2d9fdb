#pragma once

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/status.h"
#include "models/data_type.h"
#include "models/shape.h"

// Only sources of this folder include this.

namespace parlance::dialects::kserve::rest {

/// What a tensor's values are read or written as.
struct TensorHead {
  std::string_view name;
  models::DataType type = models::DataType::kFp32;
  models::Shape shape = {};
  std::size_t elements = 0;
};

/// The values of "data", an array, flat or of arrays in any number of levels, as raw contents: little-endian,
/// element after element; of BYTES each its length in 4 bytes and the text.
///
/// INVALID_ARGUMENT for what is no array, another number of values than `head.elements`, values that the
/// datatype does not have, and for FP16 and BF16, which come as binary data.
Result<Buffer> read_values(const TensorHead& head, simdjson::dom::element data);

/// Appends raw contents as a flat array. INVALID_ARGUMENT for FP16 and BF16 and for BYTES that are not UTF-8,
/// which are to be asked for as binary data; INTERNAL for contents that are no `head.elements` values.
Status append_values(const TensorHead& head, Bytes raw, std::string& json);

}  // namespace parlance::dialects::kserve::rest
