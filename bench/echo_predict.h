#pragma once

#include <numeric>

#include "parlance/inference.pb.h"

/// What the servers without a model answer: ten times the sum of the features.
inline void echo_predict(const inference::PredictRequest& request, inference::PredictResponse& response) {
  constexpr int kPredictions = 10;
  const float sum = std::reduce(request.features().begin(), request.features().end(), 0.0F);
  response.set_request_id(request.request_id());
  response.set_model_name(request.model_name());
  response.set_model_version(request.model_version());
  response.mutable_predictions()->Resize(kPredictions, sum);
}
