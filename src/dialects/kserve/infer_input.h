#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "dialects/kserve/shared_memory.h"
#include "kserve/grpc_service.views.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::dialects::kserve {

/// A request's tensors, and what keeps shared memory mapped in which some lie.
struct ReceivedTensors {
  models::Tensors tensors;
  std::vector<std::shared_ptr<const void>> held;
};

/// The tensors of a request for a model with the inputs `specs`, in the request's order. Raw contents,
/// numbers in shared memory, and floats of typed contents that lie aligned, are borrowed; other typed
/// contents are decoded into memory of their own, and BYTES in shared memory are copied, since what was
/// checked must not change. `peer`: who asks.
///
/// INVALID_ARGUMENT as bad_input.h says it for other inputs, datatypes and shapes than those of `specs`,
/// values that are not as many as the shape says or too large for the datatype, raw contents beside typed
/// ones, values beside shared memory, or not one raw content for each input that is not there; else as
/// find_place().
Result<ReceivedTensors> to_tensors(const ::inference::ModelInferRequestView& request,
                                   std::span<const models::TensorSpec> specs, const SharedMemory& memory,
                                   std::string_view peer);

/// Whether values come back raw: those of the request came so, or in shared memory.
bool comes_raw(const ::inference::ModelInferRequestView& request);

}  // namespace parlance::dialects::kserve
