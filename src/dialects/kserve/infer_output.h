#pragma once

#include <cstdint>
#include <string>

#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/signature.h"
#include "models/tensor.h"
#include "rpc/written.h"

namespace parlance::dialects::kserve {

/// OK when every output that the request asks for is one of the model's, at most once. INVALID_ARGUMENT
/// otherwise; UNIMPLEMENTED for an output as classes or in shared memory.
Status check_outputs(const ::inference::ModelInferRequestView& request, const models::Signature& signature);

/// The response: the outputs that the request asks for in its order, or all, written from where the engine
/// left them; raw when the request's inputs were raw, or when the datatype has no typed contents.
Written<::inference::ModelInferResponseFields> write_response(
    const ::inference::ModelInferRequestView& request, std::string_view model, std::int64_t version,
    const models::Tensors& outputs);

}  // namespace parlance::dialects::kserve
