#include "dialects/kserve/infer_request.h"

#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/kserve/errors.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/infer_parameters.h"
#include "dialects/kserve/text_request.h"

namespace parlance::dialects::kserve {
namespace {

Deadline deadline_of(const InferParameters& parameters, TimePoint received, const ServerCall& call) {
  if (parameters.timeout == Duration::zero()) return call.deadline();
  return earliest(call.deadline(), Deadline::after(received, parameters.timeout));
}

}  // namespace

Result<PreparedInference> to_inference(models::ModelHandle model,
                                       const ::inference::ModelInferRequestView& request,
                                       const SharedMemory& memory, TimePoint received,
                                       const ServerCall& call) {
  Result<std::vector<WantedOutput>> outputs = read_outputs(request, model.signature(), memory, call.peer());
  if (!outputs) return std::unexpected{std::move(outputs).error()};
  Result<InferParameters> parameters = read_parameters(request);
  if (!parameters) return std::unexpected{std::move(parameters).error()};
  Result<ReceivedTensors> received_tensors =
      to_tensors(request, model.signature().inputs, memory, call.peer());
  if (!received_tensors) return std::unexpected{std::move(received_tensors).error()};
  Result<models::Tensors> inputs =
      models::bind_inputs(model.signature(), std::move(received_tensors->tensors));
  if (!inputs) return std::unexpected{std::move(inputs).error()};

  PreparedInference prepared{.inference = {.model = std::move(model),
                                           .inputs = *std::move(inputs),
                                           .deadline = deadline_of(*parameters, received, call),
                                           .priority = parameters->priority},
                             .outputs = *std::move(outputs),
                             .held = std::move(received_tensors->held)};
  if (!parameters->sequence_id.empty()) {
    prepared.inference.sequence = scheduling::SequenceStep{.id = std::move(parameters->sequence_id),
                                                           .start = parameters->sequence_start,
                                                           .end = parameters->sequence_end};
  }
  return prepared;
}

Result<text::GenerateRequest> to_generation(models::ModelHandle model,
                                            const ::inference::ModelInferRequestView& request,
                                            const SharedMemory& memory, TimePoint received,
                                            const ServerCall& call) {
  const Result<std::vector<WantedOutput>> outputs =
      read_outputs(request, model.signature(), memory, call.peer());
  if (!outputs) return std::unexpected{outputs.error()};
  for (const WantedOutput& output : *outputs) {
    if (output.classes > 0 || output.place)
      return not_served(concat("Output \"", output.name, "\" is a text, which comes in the response only"));
  }
  const Result<InferParameters> parameters = read_parameters(request);
  if (!parameters) return std::unexpected{parameters.error()};
  return to_generate_request(std::move(model), request, deadline_of(*parameters, received, call),
                             parameters->priority);
}

}  // namespace parlance::dialects::kserve
