#pragma once

#include "models/repository.h"
#include "tfserving/model_service.parlance.h"

namespace parlance::dialects::tfserving {

/// Serves tensorflow.serving.ModelService where models are only asked: GetModelStatus. Thread-safe.
class ModelServiceHandler : public ::tensorflow::serving::ModelService::Handler {
 public:
  using StatusRequest = ::tensorflow::serving::GetModelStatusRequest;
  using StatusResponse = ::tensorflow::serving::GetModelStatusResponse;
  using ReloadRequest = ::tensorflow::serving::ReloadConfigRequest;
  using ReloadResponse = ::tensorflow::serving::ReloadConfigResponse;

  /// Must outlive the server.
  explicit ModelServiceHandler(const models::Repository& repository) : repository_(repository) {}

  /// NOT_FOUND "Could not find any versions of model x", "Could not find version 3 of model x".
  Task<Result<StatusResponse>> GetModelStatus(ServerCall& call, Incoming<StatusRequest> request) override;
  /// PERMISSION_DENIED: what is served is changed on the admin address.
  Task<Result<ReloadResponse>> HandleReloadConfigRequest(ServerCall& call,
                                                         Incoming<ReloadRequest> request) override;

 private:
  const models::Repository& repository_;
};

}  // namespace parlance::dialects::tfserving
