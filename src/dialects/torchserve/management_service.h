#pragma once

#include <memory>

#include "dialects/torchserve/model_admin.h"
#include "dialects/torchserve/model_description.h"
#include "net/thread_pool.h"

namespace parlance::dialects::torchserve {

/// Serves org.pytorch.serve.grpc.management.ManagementAPIsService from a repository: for operators only.
/// Thread-safe, as handlers are.
class ManagementApisHandler final : public management::ManagementAPIsService::Handler {
 public:
  using Response = management::ManagementResponse;

  /// Both must outlive the server.
  ManagementApisHandler(models::Repository& repository, scheduling::Scheduler& scheduler,
                        ManagementOptions options)
      : describer_(repository, scheduler), admin_(repository, scheduler, std::move(options)) {}

  Task<Result<Response>> DescribeModel(ServerCall& call,
                                       Incoming<management::DescribeModelRequest> request) override;
  Task<Result<Response>> ListModels(ServerCall& call,
                                    Incoming<management::ListModelsRequest> request) override;
  Task<Result<Response>> RegisterModel(ServerCall& call,
                                       Incoming<management::RegisterModelRequest> request) override;
  Task<Result<Response>> ScaleWorker(ServerCall& call,
                                     Incoming<management::ScaleWorkerRequest> request) override;
  Task<Result<Response>> SetDefault(ServerCall& call,
                                    Incoming<management::SetDefaultRequest> request) override;
  Task<Result<Response>> UnregisterModel(ServerCall& call,
                                         Incoming<management::UnregisterModelRequest> request) override;

 private:
  const ModelDescriber describer_;
  ModelAdmin admin_;
  /// Loads and unloads take long and hold a thread; the repository makes one change at a time. Imports of
  /// archives take longer, and hold up none of the others.
  net::ThreadPool workers_{2};
  net::ThreadPool registering_{2};
};

}  // namespace parlance::dialects::torchserve
