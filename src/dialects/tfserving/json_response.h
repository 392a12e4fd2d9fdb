#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "dialects/tfserving/json_request.h"
#include "models/tensor.h"

namespace parlance::dialects::tfserving {

/// {"predictions": […]}, a value a row, or {"outputs": …}, whole tensors; objects by name where there are
/// several outputs. Floating-point numbers have a point or an exponent; NaN and Infinity are written so, as
/// RapidJSON does. Texts of outputs whose names end in "_bytes", and such as are not UTF-8, are {"b64": "…"}.
///
/// INVALID_ARGUMENT with TensorFlow Serving's texts for outputs without rows, or with different numbers of
/// them, in a list of rows, and for halves.
Result<std::string> predict_body(JsonFormat format, const models::Tensors& outputs);

/// {"results": [[["label", 0.5], …], …]}
std::string classify_body(const models::Tensor& scores, std::span<const std::string> labels);
/// {"results": [0.5, …]}
std::string regress_body(const models::Tensor& values);
/// {"error": "…"}
std::string error_body(std::string_view message);

}  // namespace parlance::dialects::tfserving
