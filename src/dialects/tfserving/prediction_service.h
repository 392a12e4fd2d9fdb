#pragma once

#include "models/repository.h"
#include "scheduling/scheduler.h"
#include "tfserving/prediction_service.parlance.h"

namespace parlance::dialects::tfserving {

/// Serves tensorflow.serving.PredictionService from the models of a repository. A request's tensors stay
/// where they were received until the engine reads them. Statuses and texts are those of find_model(),
/// predict_signature(), to_tensors(), check_outputs(), to_rows() and models::bind_inputs(), as cut() leaves
/// them. Thread-safe, as handlers are: every loop calls it.
class PredictionServiceHandler final : public ::tensorflow::serving::PredictionService::ViewHandler {
 public:
  /// Both must outlive the server.
  PredictionServiceHandler(const models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  Task<Result<Written<::tensorflow::serving::ClassificationResponseFields>>> Classify(
      ServerCall& call, Incoming<::tensorflow::serving::ClassificationRequestView> request) override;
  Task<Result<Written<::tensorflow::serving::RegressionResponseFields>>> Regress(
      ServerCall& call, Incoming<::tensorflow::serving::RegressionRequestView> request) override;
  Task<Result<Written<::tensorflow::serving::PredictResponseFields>>> Predict(
      ServerCall& call, Incoming<::tensorflow::serving::PredictRequestView> request) override;
  /// One run answers all tasks.
  Task<Result<Written<::tensorflow::serving::MultiInferenceResponseFields>>> MultiInference(
      ServerCall& call, Incoming<::tensorflow::serving::MultiInferenceRequestView> request) override;
  Task<Result<Written<::tensorflow::serving::GetModelMetadataResponseFields>>> GetModelMetadata(
      ServerCall& call, Incoming<::tensorflow::serving::GetModelMetadataRequestView> request) override;

 private:
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
};

}  // namespace parlance::dialects::tfserving
