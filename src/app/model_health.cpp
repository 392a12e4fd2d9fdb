#include "app/model_health.h"

#include "base/concat.h"
#include "kserve/grpc_service.parlance.h"
#include "parlance/inference.parlance.h"
#include "tfserving/model_service.parlance.h"
#include "tfserving/prediction_service.parlance.h"
#include "torchserve/inference.parlance.h"
#include "torchserve/management.parlance.h"
#include "torchserve/open_inference.parlance.h"

namespace parlance::app {
namespace {

services::ServingStatus serving(bool ready) {
  return ready ? services::ServingStatus::kServing : services::ServingStatus::kNotServing;
}

}  // namespace

ModelHealth::ModelHealth(models::Repository& repository, services::HealthRegistry& health)
    : repository_(repository),
      health_(health),
      subscription_(
          repository.subscribe([this](const models::VersionStatus& status) { on_change(status); })) {
  health_.set(kLive, services::ServingStatus::kServing);
  refresh();
}

void ModelHealth::refresh() {
  const services::ServingStatus status = serving(repository_.ready());
  health_.set("", status);
  health_.set(inference::InferenceService::kFullName, status);
  health_.set(inference::GRPCInferenceService::kFullName, status);
  health_.set(tensorflow::serving::ModelService::kFullName, status);
  health_.set(tensorflow::serving::PredictionService::kFullName, status);
  health_.set(org::pytorch::serve::grpc::inference::InferenceAPIsService::kFullName, status);
  health_.set(org::pytorch::serve::grpc::management::ManagementAPIsService::kFullName, status);
  health_.set(org::pytorch::serve::grpc::openinference::GRPCInferenceService::kFullName, status);
}

void ModelHealth::on_change(const models::VersionStatus& status) {
  const std::string model = concat("model/", status.model);
  if (status.version != 0) {
    const bool serves = status.state == models::VersionState::kReady && status.reason.empty();
    health_.set(concat(model, "/", status.version), serving(serves));
  }
  health_.set(model, serving(repository_.ready(status.model)));
  refresh();
}

}  // namespace parlance::app
