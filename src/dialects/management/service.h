#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dialects/management/model_changes.h"
#include "dialects/management/model_messages.h"
#include "models/repository.h"
#include "net/thread_pool.h"
#include "parlance/management.parlance.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::management {

/// Serves parlance.management.v1.ModelManagement from a repository. What changes models is logged nowhere
/// here: the repository's listeners learn of it. Thread-safe.
class ModelManagementHandler final : public messages::ModelManagement::Handler {
 public:
  /// Both outlive the server.
  ModelManagementHandler(models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository),
        scheduler_(scheduler),
        describer_(repository, scheduler),
        changes_(repository) {}

  Task<Result<messages::ListModelsResponse>> ListModels(
      ServerCall& call, Incoming<messages::ListModelsRequest> request) override;
  Task<Result<messages::Model>> DescribeModel(ServerCall& call,
                                              Incoming<messages::DescribeModelRequest> request) override;
  Task<Result<messages::LoadModelResponse>> LoadModel(ServerCall& call,
                                                      Incoming<messages::LoadModelRequest> request) override;
  Task<Result<messages::UnloadModelResponse>> UnloadModel(
      ServerCall& call, Incoming<messages::UnloadModelRequest> request) override;
  Task<Result<messages::ScaleModelResponse>> ScaleModel(
      ServerCall& call, Incoming<messages::ScaleModelRequest> request) override;
  Task<Result<messages::ListBatchesResponse>> ListBatches(
      ServerCall& call, Incoming<messages::ListBatchesRequest> request) override;
  /// A reader too slow for the changes gets the snapshot again in place of what it missed.
  Task<Status> WatchModels(ServerCall& call, Incoming<messages::WatchModelsRequest> request,
                           Writer<messages::ModelEvent>& out) override;

  void on_shutdown() override { changes_.stop(); }

 private:
  Result<messages::LoadModelResponse> load(const messages::LoadModelRequest& request);
  std::vector<std::int64_t> versions_meant(const std::string& model, std::int64_t version) const;
  Result<messages::UnloadModelResponse> unload(const messages::UnloadModelRequest& request,
                                               Deadline deadline);

  Result<messages::ScaleModelResponse> scale(const messages::ScaleModelRequest& request);

  models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const ModelDescriber describer_;
  ModelChanges changes_;
  /// Loads and unloads take long and hold a thread; the repository makes one change at a time.
  net::ThreadPool workers_{2};
};

}  // namespace parlance::dialects::management
