#pragma once

#include <cstddef>

#include "kserve/grpc_service.parlance.h"
#include "models/repository.h"
#include "scheduling/scheduler.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// Serves inference.GRPCInferenceService, the Open Inference Protocol v2, from the models of a repository. A
/// request's tensors stay where they were received until the engine reads them. Statuses and texts of bad
/// requests are those of to_tensors(), check_outputs(), read_parameters() and models::bind_inputs().
/// Thread-safe, as handlers are: every loop calls it.
class GrpcInferenceServiceHandler final : public ::inference::GRPCInferenceService::ViewHandler {
 public:
  /// Both must outlive the server.
  GrpcInferenceServiceHandler(const models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

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
  /// makes text answers piece by piece; a
  /// request's last answer has the parameter triton_final_response, and is empty where
  /// triton_enable_empty_final_response asks for that.
  Task<Status> ModelStreamInfer(ServerCall& call, Reader<::inference::ModelInferRequestView>& in,
                                Writer<::inference::ModelStreamInferResponseFields>& out) override;

  static constexpr std::size_t kMostAnswers = 64;  // of one stream

  /// From the scheduler's counters, which outlive a reload. NOT_FOUND for a model or version without any.
  Task<Result<Written<::inference::ModelStatisticsResponseFields>>> ModelStatistics(
      ServerCall& call, Incoming<::inference::ModelStatisticsRequestView> request) override;
  Task<Result<Written<::inference::RepositoryIndexResponseFields>>> RepositoryIndex(
      ServerCall& call, Incoming<::inference::RepositoryIndexRequestView> request) override;

  /// What a request asks of a model that makes text, to be generated piece by piece. Statuses are those of
  /// ModelInfer; INVALID_ARGUMENT for another model.
  Result<text::GenerateRequest> text_asked(const ServerCall& call,
                                           const ::inference::ModelInferRequestView& request) const;

 private:
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
};

}  // namespace parlance::dialects::kserve
