#pragma once

#include "models/repository.h"
#include "scheduling/scheduler.h"
#include "torchserve/inference.parlance.h"

namespace parlance::dialects::torchserve {

/// Serves org.pytorch.serve.grpc.inference.InferenceAPIsService from the models of a repository: what a model
/// is asked and answers depends on its kind (README.md). Statuses of bad requests are those of
/// read_request(), to_generate_request(), to_embed_request(), to_tensors() and models::bind_inputs().
/// Thread-safe, as handlers are: every loop calls it.
class InferenceApisHandler final
    : public ::org::pytorch::serve::grpc::inference::InferenceAPIsService::Handler {
 public:
  using Request = ::org::pytorch::serve::grpc::inference::PredictionsRequest;
  using Response = ::org::pytorch::serve::grpc::inference::PredictionResponse;
  using Health = ::org::pytorch::serve::grpc::inference::TorchServeHealthResponse;

  /// Both must outlive the server.
  InferenceApisHandler(const models::Repository& repository, scheduling::Scheduler& scheduler)
      : repository_(repository), scheduler_(scheduler) {}

  Task<Result<Health>> Ping(ServerCall& call, Incoming<google::protobuf::Empty> request) override;

  Task<Result<Response>> Predictions(ServerCall& call, Incoming<Request> request) override;

  /// A response for each piece of text that is not empty, sent as it is made.
  Task<Status> StreamPredictions(ServerCall& call, Incoming<Request> request, Writer<Response>& out) override;

  /// Answers each request before it reads the next. Requests of the same sequence_id, or of none, to a model
  /// that keeps a state are one sequence, which ends with the stream.
  Task<Status> StreamPredictions2(ServerCall& call, Reader<Request>& in, Writer<Response>& out) override;

 private:
  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
};

}  // namespace parlance::dialects::torchserve
