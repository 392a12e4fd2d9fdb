#pragma once

#include "dialects/tfserving/model_service.h"
#include "net/thread_pool.h"

namespace parlance::dialects::tfserving {

/// The ModelService of operators: it also changes what is served. Thread-safe.
class ModelManagerHandler final : public ModelServiceHandler {
 public:
  /// Must outlive the server.
  explicit ModelManagerHandler(models::Repository& repository)
      : ModelServiceHandler(repository), repository_(repository) {}

  /// From now on the models of the list are served and no others: returns when they are loaded, and the
  /// others taken out of service. base_path is absolute or taken from the repository's folder, within which
  /// it lies.
  ///
  /// INVALID_ARGUMENT for another kind of configuration or a model that is not right; FAILED_PRECONDITION for
  /// a label of a version that is not AVAILABLE, when nothing is changed, and (MODEL_NOT_LOADED) for models
  /// that cannot be loaded.
  Task<Result<ReloadResponse>> HandleReloadConfigRequest(ServerCall& call,
                                                         Incoming<ReloadRequest> request) override;

 private:
  Result<ReloadResponse> reload(const ReloadRequest& request);

  models::Repository& repository_;
  net::ThreadPool workers_{1};  // one change at a time, each as long as it takes
};

}  // namespace parlance::dialects::tfserving
