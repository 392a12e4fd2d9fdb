#pragma once

#include "dialects/management/model_changes.h"
#include "dialects/management/model_messages.h"
#include "models/repository.h"
#include "net/thread_pool.h"
#include "parlance/management.parlance.h"

namespace parlance::dialects::management {

/// Serves parlance.management.v1.ModelManagement from a repository. What changes models is logged nowhere
/// here: the repository's listeners learn of it. Thread-safe.
class ModelManagementHandler final : public messages::ModelManagement::Handler {
 public:
  /// `repository` outlives the server.
  explicit ModelManagementHandler(models::Repository& repository)
      : repository_(repository), describer_(repository), changes_(repository) {}

  Task<Result<messages::ListModelsResponse>> ListModels(
      ServerCall& call, Incoming<messages::ListModelsRequest> request) override;
  Task<Result<messages::Model>> DescribeModel(ServerCall& call,
                                              Incoming<messages::DescribeModelRequest> request) override;
  Task<Result<messages::UnloadModelResponse>> UnloadModel(
      ServerCall& call, Incoming<messages::UnloadModelRequest> request) override;
  /// A reader too slow for the changes gets the snapshot again in place of what it missed.
  Task<Status> WatchModels(ServerCall& call, Incoming<messages::WatchModelsRequest> request,
                           Writer<messages::ModelEvent>& out) override;

  void on_shutdown() override { changes_.stop(); }

 private:
  Result<messages::UnloadModelResponse> unload(const messages::UnloadModelRequest& request,
                                               Deadline deadline);

  models::Repository& repository_;
  const ModelDescriber describer_;
  ModelChanges changes_;
  /// Loads and unloads take long and hold a thread; the repository makes one change at a time.
  net::ThreadPool workers_{2};
};

}  // namespace parlance::dialects::management
