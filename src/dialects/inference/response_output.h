#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "models/labels.h"
#include "models/model_version.h"
#include "models/tensor.h"
#include "parlance/inference.views.h"

namespace parlance::dialects::inference {

/// What a response says of a model's outputs. Borrows the outputs and the model's labels.
class ResponseOutput {
 public:
  /// `predictions` and `prediction_shape` from the model's first output, and `top_k` for a model with labels
  /// that answered with one row. FP32 is written from where the engine put it; numbers of other types become
  /// FP32. INTERNAL for an output that cannot.
  static Result<ResponseOutput> make(const models::ModelHandle& model, const models::Tensors& outputs);

  std::span<const float> predictions() const { return converted_.empty() ? predictions_ : converted_; }
  const std::vector<std::int32_t>& prediction_shape() const { return shape_; }
  const std::vector<::inference::ClassScoreFields>& top_k() const { return top_k_; }

 private:
  ResponseOutput() = default;

  std::span<const float> predictions_;
  std::vector<float> converted_;
  std::vector<std::int32_t> shape_;
  std::vector<::inference::ClassScoreFields> top_k_;
};

}  // namespace parlance::dialects::inference
