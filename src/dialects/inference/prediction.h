#pragma once

#include <chrono>

#include "base/deadline.h"
#include "base/status.h"
#include "dialects/inference/limits.h"
#include "dialects/inference/response_output.h"
#include "models/repository.h"
#include "parlance/inference.views.h"
#include "rpc/server_call.h"
#include "scheduling/inference_request.h"

namespace parlance::dialects::inference {

/// One PredictRequest on its way through the server: checked by make(), run by the scheduler, answered by
/// output() and answer(). Borrows the bytes of the request, which outlive it.
class Prediction {
 public:
  /// Finds the model, pins it, and makes its input. The statuses of Repository::find(), to_input() and
  /// models::bind_inputs().
  static Result<Prediction> make(const models::Repository& repository,
                                 const ::inference::PredictRequestView& request, const ServerCall& call,
                                 TimePoint received, const Limits& limits);

  const models::ModelHandle& model() const { return inference_.model; }
  /// For the scheduler.
  scheduling::InferenceRequest& inference() { return inference_; }
  void set_result(scheduling::InferenceResult result) { result_ = std::move(result); }
  /// Of the run; zero before it.
  std::chrono::duration<double, std::milli> latency() const { return result_.computed; }

  /// After set_result(), whose outputs it borrows.
  Result<ResponseOutput> output() const { return ResponseOutput::make(model(), result_.outputs); }
  /// Borrows this and `output`.
  ::inference::PredictResponseFields answer(const ResponseOutput& output) const;

 private:
  Prediction(const ::inference::PredictRequestView& request, scheduling::InferenceRequest inference)
      : request_(request), inference_(std::move(inference)) {}

  ::inference::PredictRequestView request_;
  scheduling::InferenceRequest inference_;
  scheduling::InferenceResult result_;
};

}  // namespace parlance::dialects::inference
