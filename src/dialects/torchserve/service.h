#pragma once

#include "models/repository.h"
#include "scheduling/scheduler.h"
#include "torchserve/inference.parlance.h"

namespace parlance::dialects::torchserve {

struct InferenceOptions {
  /// Calls fail as TorchServe has them fail (own_status()) and not as everywhere else.
  bool own_statuses = false;
};

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
  InferenceApisHandler(const models::Repository& repository, scheduling::Scheduler& scheduler,
                       InferenceOptions options = {})
      : repository_(repository), scheduler_(scheduler), options_(options) {}

  Task<Result<Health>> Ping(ServerCall& call, Incoming<google::protobuf::Empty> request) override;

  Task<Result<Response>> Predictions(ServerCall& call, Incoming<Request> request) override;

  /// The same, whatever protocol `call` is of; fails as everywhere else.
  Task<Result<Response>> predictions(ServerCall& call, const Request& request);

  /// A response for each piece of text that is not empty, sent as it is made.
  Task<Status> StreamPredictions(ServerCall& call, Incoming<Request> request, Writer<Response>& out) override;

  /// Answers each request before it reads the next. Requests of the same sequence_id, or of none, to a model
  /// that keeps a state are one sequence, which ends with the stream.
  Task<Status> StreamPredictions2(ServerCall& call, Reader<Request>& in, Writer<Response>& out) override;

 private:
  Status told(Status status, const Request& request) const;

  const models::Repository& repository_;
  scheduling::Scheduler& scheduler_;
  const InferenceOptions options_;
};

}  // namespace parlance::dialects::torchserve
