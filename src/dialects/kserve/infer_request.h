#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/repository.h"
#include "rpc/server_call.h"
#include "scheduling/inference_request.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// The version that a request names. INVALID_ARGUMENT when it names none; else Repository::find().
Result<models::ModelHandle> find_model(const models::Repository& repository,
                                       const ::inference::ModelInferRequestView& request);

/// The request as the scheduler takes it; it borrows from `request`. Everything that can be wrong is found
/// here, before it is queued. `received`: when it came, from which its own timeout counts; the call's
/// deadline counts as well.
Result<scheduling::InferenceRequest> to_inference(models::ModelHandle model,
                                                  const ::inference::ModelInferRequestView& request,
                                                  TimePoint received, const ServerCall& call);

/// The same for a model that makes text.
Result<text::GenerateRequest> to_generation(models::ModelHandle model,
                                            const ::inference::ModelInferRequestView& request,
                                            TimePoint received, const ServerCall& call);

}  // namespace parlance::dialects::kserve
