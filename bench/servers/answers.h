#pragma once

#include <numeric>

#include "parlance/inference.pb.h"

/// What the servers of a benchmark answer; none has a model.
namespace bench {

/// Requests of the bandwidth workloads are 4 MiB and what stands around it; usual limits are 4 MiB.
inline constexpr int kMaxMessageBytes = 64 * 1024 * 1024;

/// Ten times the sum of the features.
inline void predict(const inference::PredictRequest& request, inference::PredictResponse& response) {
  constexpr int kPredictions = 10;
  const float sum = std::reduce(request.features().begin(), request.features().end(), 0.0F);
  response.set_request_id(request.request_id());
  response.set_model_name(request.model_name());
  response.set_model_version(request.model_version());
  response.clear_predictions();  // it may have answered another request before
  response.mutable_predictions()->Resize(kPredictions, sum);
}

inline void predict_batch(const inference::BatchPredictRequest& request,
                          inference::BatchPredictResponse& response) {
  response.mutable_responses()->Reserve(request.requests_size());
  for (const inference::PredictRequest& one : request.requests()) predict(one, *response.add_responses());
}

/// Token `number` of a Generate call, from 1 to max_tokens, which is the last.
inline void make_token(const inference::GenerateRequest& request, int number,
                       inference::GenerateToken& token) {
  token.set_request_id(request.request_id());
  token.set_token("token");
  token.set_token_id(number);
  token.set_log_prob(-0.5F);
  if (number < request.max_tokens()) return;
  token.set_is_final(true);
  token.set_finish_reason("length");
}

}  // namespace bench
