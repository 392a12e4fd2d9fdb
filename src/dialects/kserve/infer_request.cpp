#include "dialects/kserve/infer_request.h"

#include <string>
#include <utility>

#include "dialects/invalid_input.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/infer_parameters.h"
#include "dialects/kserve/text_request.h"

namespace parlance::dialects::kserve {
namespace {

Deadline deadline_of(const InferParameters& parameters, TimePoint received, const ServerCall& call) {
  if (parameters.timeout == Duration::zero()) return call.deadline();
  return earliest(call.deadline(), Deadline::after(received, parameters.timeout));
}

}  // namespace

Result<models::ModelHandle> find_model(const models::Repository& repository,
                                       const ::inference::ModelInferRequestView& request) {
  if (request.model_name().empty()) return invalid("model_name is required and must not be empty");
  return repository.find(request.model_name(), request.model_version());
}

Result<scheduling::InferenceRequest> to_inference(models::ModelHandle model,
                                                  const ::inference::ModelInferRequestView& request,
                                                  TimePoint received, const ServerCall& call) {
  if (Status status = check_outputs(request, model.signature()); !status.ok())
    return std::unexpected{std::move(status)};
  Result<InferParameters> parameters = read_parameters(request);
  if (!parameters) return std::unexpected{std::move(parameters).error()};
  Result<models::Tensors> tensors = to_tensors(request);
  if (!tensors) return std::unexpected{std::move(tensors).error()};
  Result<models::Tensors> inputs = models::bind_inputs(model.signature(), *std::move(tensors));
  if (!inputs) return std::unexpected{std::move(inputs).error()};

  scheduling::InferenceRequest inference{.model = std::move(model),
                                         .inputs = *std::move(inputs),
                                         .deadline = deadline_of(*parameters, received, call),
                                         .priority = parameters->priority};
  if (!parameters->sequence_id.empty()) {
    inference.sequence = scheduling::SequenceStep{.id = std::move(parameters->sequence_id),
                                                  .start = parameters->sequence_start,
                                                  .end = parameters->sequence_end};
  }
  return inference;
}

Result<text::GenerateRequest> to_generation(models::ModelHandle model,
                                            const ::inference::ModelInferRequestView& request,
                                            TimePoint received, const ServerCall& call) {
  if (Status status = check_outputs(request, model.signature()); !status.ok())
    return std::unexpected{std::move(status)};
  const Result<InferParameters> parameters = read_parameters(request);
  if (!parameters) return std::unexpected{parameters.error()};
  return to_generate_request(std::move(model), request, deadline_of(*parameters, received, call),
                             parameters->priority);
}

}  // namespace parlance::dialects::kserve
