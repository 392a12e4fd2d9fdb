#pragma once

#include <chrono>

#include "base/deadline.h"
#include "base/status.h"
#include "dialects/inference/limits.h"
#include "models/model_version.h"
#include "models/repository.h"
#include "models/tensor.h"
#include "parlance/inference.pb.h"
#include "rpc/server_call.h"

namespace parlance::dialects::inference {

/// One PredictRequest on its way through the server: checked by make(), run by run(), answered by answer().
/// Borrows the request, which outlives it.
class Prediction {
 public:
  /// Finds the model, pins it, and makes its input. The statuses of Repository::find() and to_input().
  static Result<Prediction> make(const models::Repository& repository,
                                 const ::inference::PredictRequest& request, const ServerCall& call,
                                 TimePoint received, const Limits& limits);

  const models::ModelHandle& model() const { return model_; }
  /// Of the run; zero before it.
  std::chrono::duration<double, std::milli> latency() const { return latency_; }

  /// Runs the model, on this thread or waiting for the engine's, once. Nothing is computed when the deadline
  /// has passed (DEADLINE_EXCEEDED) or the caller has gone (CANCELLED). DEADLINE_EXCEEDED, too, when the
  /// deadline passes meanwhile. From any thread.
  Status run(const ServerCall& call);

  /// After run() was OK.
  Result<::inference::PredictResponse> answer() const;

 private:
  Prediction(const ::inference::PredictRequest& request, models::ModelHandle model, models::Tensor input,
             Deadline deadline)
      : request_(&request), model_(std::move(model)), input_(std::move(input)), deadline_(deadline) {}

  const ::inference::PredictRequest* request_;
  models::ModelHandle model_;
  models::Tensor input_;
  models::Tensors outputs_;
  Deadline deadline_;
  std::chrono::duration<double, std::milli> latency_{};
};

}  // namespace parlance::dialects::inference
