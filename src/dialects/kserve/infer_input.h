#pragma once

#include "base/status.h"
#include "kserve/grpc_service.views.h"
#include "models/tensor.h"

namespace parlance::dialects::kserve {

/// The tensors of a request, in its order. Raw contents, and floats of typed contents that lie aligned, are
/// borrowed from the request, which outlives them; other typed contents are decoded into memory of their own.
///
/// INVALID_ARGUMENT, naming the input, for an unknown datatype, a shape that is none, values that are not as
/// many as the shape says or too large for the datatype, raw contents beside typed ones, or not one for each
/// input; UNIMPLEMENTED for BYTES and for shared memory.
Result<models::Tensors> to_tensors(const ::inference::ModelInferRequestView& request);

/// INVALID_ARGUMENT unless there are no raw contents or one for each input.
Status check_raw_contents(const ::inference::ModelInferRequestView& request);

}  // namespace parlance::dialects::kserve
