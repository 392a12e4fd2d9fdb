#include "dialects/inference/prediction.h"

#include "dialects/inference/request_input.h"
#include "dialects/inference/response_output.h"
#include "grpc/error_details.h"
#include "models/signature.h"

namespace parlance::dialects::inference {

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
  models::Tensors inputs;
  inputs.push_back(*std::move(input));
  Result<models::Tensors> bound = models::bind_inputs(model->signature(), std::move(inputs));
  if (!bound) return std::unexpected{std::move(bound).error()};
  const Deadline deadline = effective_deadline(call.deadline(), request.deadline_ms(), received);
  return Prediction{request, {.model = *std::move(model), .inputs = *std::move(bound), .deadline = deadline}};
}

Result<::inference::PredictResponse> Prediction::answer() const {
  ::inference::PredictResponse response;
  response.set_request_id(request_->request_id());
  response.set_model_name(model().model());
  response.set_model_version(static_cast<std::int32_t>(model().version()));
  response.set_inference_latency_ms(static_cast<float>(latency().count()));
  if (Status status = put_outputs(model(), result_.outputs, response); !status.ok())
    return std::unexpected{std::move(status)};
  return response;
}

}  // namespace parlance::dialects::inference
