#pragma once

#include "base/status.h"
#include "models/model_version.h"
#include "models/tensor.h"
#include "parlance/inference.pb.h"

namespace parlance::dialects::inference {

/// Fills `predictions` and `prediction_shape` from the model's first output, and `top_k` for a model with
/// labels that answered with one row. Numbers of other types become FP32. INTERNAL for an output that cannot.
Status put_outputs(const models::ModelHandle& model, const models::Tensors& outputs,
                   ::inference::PredictResponse& response);

}  // namespace parlance::dialects::inference
