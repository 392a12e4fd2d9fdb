#pragma once

#include <cstddef>
#include <utility>

#include "dialects/kserve/settings.h"
#include "dialects/kserve/shared_memory.h"
#include "kserve/grpc_service.parlance.h"
#include "models/repository.h"
#include "net/thread_pool.h"
#include "scheduling/scheduler.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// Serves inference.GRPCInferenceService, the Open Inference Protocol v2, from the models of a repository. A
/// request's tensors stay where they were received until the engine reads them. Statuses and texts of bad
/// requests are those of find_model(), to_tensors(), read_outputs() and read_parameters().
/// Thread-safe, as handlers are: every loop calls it.
class GrpcInferenceServiceHandler final : public ::inference::GRPCInferenceService::ViewHandler {
 public:
  struct Options {
    /// Whether callers may load and unload models; else UNAVAILABLE.
    bool model_control = false;
    /// Outlives the server, and may be shared by several; null: shared memory is not served.
    SharedMemory* shared_memory = nullptr;
    LogControl log = {};
  };

  /// All of it outlives the server.
  GrpcInferenceServiceHandler(models::Repository& repository, scheduling::Scheduler& scheduler,
                              Options options)
      : repository_(repository),
        scheduler_(scheduler),
        options_(std::move(options)),
        shared_memory_(options_.shared_memory == nullptr ? none_ : *options_.shared_memory) {}
  GrpcInferenceServiceHandler(models::Repository& repository, scheduling::Scheduler& scheduler)
      : GrpcInferenceServiceHandler(repository, scheduler, Options{}) {}

  Task<Result<Written<::inference::ServerLiveResponseFields>>> ServerLive(
      ServerCall& call, Incoming<::inference::ServerLiveRequestView> request) override;
  Task<Result<Written<::inference::ServerReadyResponseFields>>> ServerReady(
      ServerCall& call, Incoming<::inference::ServerReadyRequestView> request) override;
  /// A model that does not exist is not ready.
  Task<Result<Written<::inference::ModelReadyResponseFields>>> ModelReady(
      ServerCall& call, Incoming<::inference::ModelReadyRequestView> request) override;
  Task<Result<Written<::inference::ServerMetadataResponseFields>>> ServerMetadata(
      ServerCall& call, Incoming<::inference::ServerMetadataRequestView> request) override;
  Task<Result<Written<::inference::ModelMetadataResponseFields>>> ModelMetadata(
      ServerCall& call, Incoming<::inference::ModelMetadataRequestView> request) override;

  /// The deadline is the earlier of the call's and the parameter `timeout`. Of a model that makes text: all
  /// of its answer.
  Task<Result<Written<::inference::ModelInferResponseFields>>> ModelInfer(
      ServerCall& call, Incoming<::inference::ModelInferRequestView> request) override;

  /// Answers up to kMostAnswers requests at a time, each as soon as it has something. What is wrong with a
  /// request is its answer's error_message and leaves the others alone; with the metadata `triton_grpc_error:
  /// true` it ends the call with its status, and requests are answered one after the other. A model that
  /// makes text answers piece by piece; a request's last answer has the parameter triton_final_response, and
  /// is empty where triton_enable_empty_final_response asks for that.
  Task<Status> ModelStreamInfer(ServerCall& call, Reader<::inference::ModelInferRequestView>& in,
                                Writer<::inference::ModelStreamInferResponseFields>& out) override;

  static constexpr std::size_t kMostAnswers = 64;  // of one stream

  /// From the scheduler's counters, which outlive a reload. NOT_FOUND for a model or version without any.
  Task<Result<Written<::inference::ModelStatisticsResponseFields>>> ModelStatistics(
      ServerCall& call, Incoming<::inference::ModelStatisticsRequestView> request) override;
  /// As index() does.
  Task<Result<Written<::inference::RepositoryIndexResponseFields>>> RepositoryIndex(
      ServerCall& call, Incoming<::inference::RepositoryIndexRequestView> request) override;
  Task<Result<Written<::inference::ModelConfigResponseFields>>> ModelConfig(
      ServerCall& call, Incoming<::inference::ModelConfigRequestView> request) override;

  /// As load() and unload() do. UNAVAILABLE unless Options::model_control.
  Task<Result<Written<::inference::RepositoryModelLoadResponseFields>>> RepositoryModelLoad(
      ServerCall& call, Incoming<::inference::RepositoryModelLoadRequestView> request) override;
  Task<Result<Written<::inference::RepositoryModelUnloadResponseFields>>> RepositoryModelUnload(
      ServerCall& call, Incoming<::inference::RepositoryModelUnloadRequestView> request) override;

  /// As SharedMemory does, for callers that it serves.
  Task<Result<Written<::inference::SystemSharedMemoryStatusResponseFields>>> SystemSharedMemoryStatus(
      ServerCall& call, Incoming<::inference::SystemSharedMemoryStatusRequestView> request) override;
  Task<Result<Written<::inference::SystemSharedMemoryRegisterResponseFields>>> SystemSharedMemoryRegister(
      ServerCall& call, Incoming<::inference::SystemSharedMemoryRegisterRequestView> request) override;
  Task<Result<Written<::inference::SystemSharedMemoryUnregisterResponseFields>>> SystemSharedMemoryUnregister(
      ServerCall& call, Incoming<::inference::SystemSharedMemoryUnregisterRequestView> request) override;

  /// There are no regions of a GPU: none are listed, and none can be added (INVALID_ARGUMENT).
  Task<Result<Written<::inference::CudaSharedMemoryStatusResponseFields>>> CudaSharedMemoryStatus(
      ServerCall& call, Incoming<::inference::CudaSharedMemoryStatusRequestView> request) override;
  Task<Result<Written<::inference::CudaSharedMemoryRegisterResponseFields>>> CudaSharedMemoryRegister(
      ServerCall& call, Incoming<::inference::CudaSharedMemoryRegisterRequestView> request) override;
  Task<Result<Written<::inference::CudaSharedMemoryUnregisterResponseFields>>> CudaSharedMemoryUnregister(
      ServerCall& call, Incoming<::inference::CudaSharedMemoryUnregisterRequestView> request) override;

  /// As answer() does. A change of the log is UNAVAILABLE unless Options::model_control.
  Task<Result<Written<::inference::TraceSettingResponseFields>>> TraceSetting(
      ServerCall& call, Incoming<::inference::TraceSettingRequestView> request) override;
  Task<Result<Written<::inference::LogSettingsResponseFields>>> LogSettings(
      ServerCall& call, Incoming<::inference::LogSettingsRequestView> request) override;

  /// What a request asks of a model that makes text, to be generated piece by piece. Statuses are those of
  /// ModelInfer; INVALID_ARGUMENT for another model.
  Result<text::GenerateRequest> text_asked(const ServerCall& call,
                                           const ::inference::ModelInferRequestView& request) const;

 private:
  models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const Options options_;
  SharedMemory none_{SharedMemory::Callers::kNobody};
  SharedMemory& shared_memory_;
  /// Loads take long; the repository makes one of a model at a time.
  net::ThreadPool workers_{2};
};

}  // namespace parlance::dialects::kserve
