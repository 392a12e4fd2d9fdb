#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/model_version.h"
#include "text/generate.h"

namespace parlance::dialects::kserve {

/// What a request to a model that makes text asks for: the input `text_input`, BYTES with one element, and
/// the parameters max_tokens, temperature, top_p, top_k, min_p, repetition_penalty, presence_penalty,
/// frequency_penalty, seed, stop (a text) and ignore_eos, of which the first that are not given are the
/// model's own and the others' are those of SamplingOptions. Inputs `stream` and parameters of other names
/// are passed over. `deadline` and `priority` are the request's.
///
/// INVALID_ARGUMENT for a missing, unknown or ill-formed input and for a parameter of another kind.
Result<text::GenerateRequest> to_generate_request(models::ModelHandle model,
                                                  const ::inference::ModelInferRequestView& request,
                                                  Deadline deadline, std::uint32_t priority);

}  // namespace parlance::dialects::kserve
