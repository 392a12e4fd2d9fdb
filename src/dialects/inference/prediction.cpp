#include "dialects/inference/prediction.h"

#include "dialects/inference/request_input.h"
#include "dialects/inference/response_output.h"
#include "grpc/error_details.h"

namespace parlance::dialects::inference {
namespace {

Status too_late(const char* when) {
  return grpc::make_error(StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                          std::string{"the deadline passed "} + when,
                          {{"hop", "server"}, {"knob", "deadline_ms"}});
}

Status gone() {
  return grpc::make_error(StatusCode::kCancelled, "CALLER_LEFT", "the caller cancelled the call",
                          {{"hop", "server"}});
}

}  // namespace

Result<Prediction> Prediction::make(const models::Repository& repository,
                                    const ::inference::PredictRequest& request, const ServerCall& call,
                                    TimePoint received, const Limits& limits) {
  if (request.model_name().empty())
    return std::unexpected{grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT",
                                            "model_name field is required and must not be empty",
                                            {{"hop", "server"}})};
  Result<models::ModelHandle> model = repository.find(request.model_name(), request.model_version());
  if (!model) return std::unexpected{std::move(model).error()};
  Result<models::Tensor> input = to_input(request, *model, limits);
  if (!input) return std::unexpected{std::move(input).error()};
  const Deadline deadline = effective_deadline(call.deadline(), request.deadline_ms(), received);
  return Prediction{request, *std::move(model), *std::move(input), deadline};
}

Status Prediction::run(const ServerCall& call) {
  const TimePoint began = Clock::now();
  if (deadline_.expired(began)) return too_late("before the model was run");
  if (call.cancelled()) return gone();
  models::Tensors inputs;
  inputs.push_back(std::move(input_));
  Result<models::Tensors> outputs = model_.run(std::move(inputs));
  if (!outputs) return std::move(outputs).error();
  outputs_ = *std::move(outputs);
  const TimePoint ended = Clock::now();
  latency_ = ended - began;
  if (deadline_.expired(ended)) return too_late("while the model ran");
  return {};
}

Result<::inference::PredictResponse> Prediction::answer() const {
  ::inference::PredictResponse response;
  response.set_request_id(request_->request_id());
  response.set_model_name(model_.model());
  response.set_model_version(static_cast<std::int32_t>(model_.version()));
  response.set_inference_latency_ms(static_cast<float>(latency_.count()));
  if (Status status = put_outputs(model_, outputs_, response); !status.ok())
    return std::unexpected{std::move(status)};
  return response;
}

}  // namespace parlance::dialects::inference
