#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "models/data_type.h"
#include "models/shape.h"
#include "models/tensor.h"

namespace parlance::models {

/// One input or output: what a tensor of that name must be. −1 in the shape stands for any size.
struct TensorSpec {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;

  bool operator==(const TensorSpec&) const = default;
};

/// "features FP32 [-1, 64]"
std::string to_string(const TensorSpec& spec);

/// What a model takes and gives, in the model's own order.
struct Signature {
  std::vector<TensorSpec> inputs;
  std::vector<TensorSpec> outputs;

  bool operator==(const Signature&) const = default;
};

/// `given` in the order of `signature.inputs`, each with the type, the rank, the dimensions and the number
/// of bytes that its spec asks for. A lone tensor without a name is the lone input. INVALID_ARGUMENT in words
/// for a tensor that is missing, unknown, twice there or of the wrong type, shape or size.
Result<Tensors> bind_inputs(const Signature& signature, Tensors given);

/// OK when `declared` (by the configuration) has the same names as `actual` (from the model file), in any
/// order, with the same types and with shapes that differ only where one of them says −1. `kind` is "input"
/// or "output". FAILED_PRECONDITION in words otherwise.
Status check_declared(const std::vector<TensorSpec>& declared, const std::vector<TensorSpec>& actual,
                      std::string_view kind);

}  // namespace parlance::models
