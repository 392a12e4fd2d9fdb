#pragma once

#include <cstddef>
#include <string_view>

#include "base/status.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "tfserving/prediction_service.views.h"

namespace parlance::dialects::tfserving {

/// The inputs of a request, by name and checked against `signature` but for what bind_inputs() checks.
/// Contents and floats are borrowed from the request; other values are decoded. Values are those of
/// tensor_content, else of the field of their type: more than the shape says are passed over, fewer are
/// followed by the last one again, none at all are zeros.
///
/// INVALID_ARGUMENT (INVALID_INPUT) with TensorFlow Serving's texts: "input size does not match signature: …"
/// for inputs that are not as many as the model's, "input tensor alias not found in signature: …" for another
/// name, "Expects arg[0] to be float but double is provided" for another type, "tensor parsing error: <name>"
/// for what is no tensor. RESOURCE_EXHAUSTED (TENSOR_TOO_LARGE) for repeated values above kMostRepeatedBytes.
Result<models::Tensors> to_tensors(const models::Signature& signature,
                                   const ::tensorflow::serving::PredictRequestView& request);

}  // namespace parlance::dialects::tfserving
