#include "dialects/inference/prediction.h"

#include "dialects/inference/request_input.h"
#include "dialects/invalid_input.h"
#include "models/signature.h"
#include "scheduling/errors.h"

namespace parlance::dialects::inference {

Result<Prediction> Prediction::make(const models::Repository& repository,
                                    const ::inference::PredictRequestView& request, const ServerCall& call,
                                    TimePoint received, const Limits& limits) {
  if (request.model_name().empty()) return invalid("model_name field is required and must not be empty");
  Result<models::ModelHandle> model = repository.find(request.model_name(), request.model_version());
  if (!model) return std::unexpected{std::move(model).error()};
  if (model->makes_text()) return std::unexpected{scheduling::takes_no_tensors(model->model())};
  Result<models::Tensor> input = to_input(request, *model, limits);
  if (!input) return std::unexpected{std::move(input).error()};
  models::Tensors inputs;
  inputs.push_back(*std::move(input));
  Result<models::Tensors> bound = models::bind_inputs(model->signature(), std::move(inputs));
  if (!bound) return std::unexpected{std::move(bound).error()};
  const Deadline deadline = effective_deadline(call.deadline(), request.deadline_ms(), received);
  return Prediction{request, {.model = *std::move(model), .inputs = *std::move(bound), .deadline = deadline}};
}

::inference::PredictResponseFields Prediction::answer(const ResponseOutput& output) const {
  return {.request_id = request_.request_id(),
          .predictions = output.predictions(),
          .prediction_shape = output.prediction_shape(),
          .top_k = output.top_k(),
          .model_name = model().model(),
          .model_version = static_cast<std::int32_t>(model().version()),
          .inference_latency_ms = static_cast<float>(latency().count())};
}

}  // namespace parlance::dialects::inference
