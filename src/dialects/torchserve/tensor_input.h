#pragma once

#include <string_view>

#include "base/status.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::dialects::torchserve {

struct TensorInput {
  models::Tensors tensors = {};  // which own their bytes; for models::bind_inputs()
  /// The first dimension, which the caller left out, is 1: the answer has none either.
  bool is_one_row = false;
};

/// The inputs of a model from JSON: an object has a value for each input by its name, anything else is the
/// only input. A value is numbers in as many arrays within each other as the input has dimensions, or one
/// fewer. Numbers become the input's type when they are among its values; of FLOATs the nearest one.
///
/// INVALID_ARGUMENT, INVALID_INPUT, for what is not JSON, rows of different lengths, numbers that the type
/// does not have; UNIMPLEMENTED, MODEL_CANNOT, for an input of a type that JSON has no numbers for. Names,
/// sizes and missing inputs are bind_inputs()'s.
Result<TensorInput> to_tensors(const models::Signature& signature, std::string_view json);

}  // namespace parlance::dialects::torchserve
