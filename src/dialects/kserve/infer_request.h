#pragma once

#include <memory>
#include <vector>

#include "base/deadline.h"
#include "base/status.h"
#include "dialects/kserve/infer_output.h"
#include "dialects/kserve/shared_memory.h"
#include "kserve/grpc_service.views.h"
#include "models/repository.h"
#include "rpc/server_call.h"
#include "scheduling/inference_request.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// A request as the scheduler takes it, and how it wants its answer. It borrows from the request.
struct PreparedInference {
  scheduling::InferenceRequest inference;
  std::vector<WantedOutput> outputs;
  std::vector<std::shared_ptr<const void>> held;  // shared memory in which inputs lie

  /// What the response is made of.
  InferResponse::Result answer(const models::Tensors& tensors) const {
    return {.model = inference.model.model(),
            .version = inference.model.version(),
            .signature = inference.model.signature(),
            .labels = inference.model.labels(),
            .outputs = tensors};
  }
};

/// Everything that can be wrong with a request is found here, before it is queued. `received`: when it came,
/// from which its own timeout counts; the call's deadline counts as well.
Result<PreparedInference> to_inference(models::ModelHandle model,
                                       const ::inference::ModelInferRequestView& request,
                                       const SharedMemory& memory, TimePoint received,
                                       const ServerCall& call);

/// The same for a model that makes text. UNIMPLEMENTED for its output in shared memory or as classes.
Result<text::GenerateRequest> to_generation(models::ModelHandle model,
                                            const ::inference::ModelInferRequestView& request,
                                            const SharedMemory& memory, TimePoint received,
                                            const ServerCall& call);

}  // namespace parlance::dialects::kserve
