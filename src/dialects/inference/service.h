#pragma once

#include <string_view>
#include <vector>

#include "dialects/inference/limits.h"
#include "dialects/inference/prediction.h"
#include "models/repository.h"
#include "parlance/inference.parlance.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::inference {

/// Serves inference.InferenceService from the models of a repository. Statuses and texts of bad requests are
/// those of Prediction; what is particular to a method stands beside it. Thread-safe, as handlers are: every
/// loop calls it.
class InferenceServiceHandler final : public ::inference::InferenceService::Handler {
 public:
  /// Both must outlive the server; the repository's versions have their queues in `scheduler`.
  InferenceServiceHandler(const models::Repository& repository, scheduling::Scheduler& scheduler,
                          Limits limits = {})
      : repository_(repository), scheduler_(scheduler), limits_(limits) {}

  /// Trailers of an answer: x-model-version, and x-inference-latency-ms with two decimals.
  Task<Result<::inference::PredictResponse>> Predict(ServerCall& call,
                                                     Incoming<::inference::PredictRequest> request) override;

  /// RESOURCE_EXHAUSTED for more requests than limits.max_batch; an error of a request fails the call and
  /// begins "requests[N]: ". No request is run unless all are right.
  Task<Result<::inference::BatchPredictResponse>> BatchPredict(
      ServerCall& call, Incoming<::inference::BatchPredictRequest> request) override;

  /// Answers each request before it reads the next; an error of one ends the call and begins "requests[N]: ".
  Task<Status> StreamingPredict(ServerCall& call, Reader<::inference::PredictRequest>& in,
                                Writer<::inference::PredictResponse>& out) override;

  /// NOT_FOUND for an unknown model; else UNIMPLEMENTED, naming the model and what it lacks.
  Task<Result<::inference::EmbedResponse>> Embed(ServerCall& call,
                                                 Incoming<::inference::EmbedRequest> request) override;
  Task<Status> Generate(ServerCall& call, Incoming<::inference::GenerateRequest> request,
                        Writer<::inference::GenerateToken>& out) override;

 private:
  Result<std::vector<Prediction>> make_all(const ::inference::BatchPredictRequest& batch,
                                           const ServerCall& call) const;
  /// `what` the model would do, `lacks` what it would need for that.
  Status unimplemented(std::string_view model, std::string_view what, std::string_view lacks) const;

  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const Limits limits_;
};

}  // namespace parlance::dialects::inference
