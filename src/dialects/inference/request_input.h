#pragma once

#include "base/deadline.h"
#include "base/status.h"
#include "dialects/inference/limits.h"
#include "models/model_version.h"
#include "models/tensor.h"
#include "parlance/inference.views.h"

namespace parlance::dialects::inference {

/// The model's only input from `features` or `raw_input`, whichever the model takes. Features are borrowed
/// from the bytes of `request`, aligned or not. Without `feature_shape` a model whose first dimension alone
/// is open gets a batch of one; with it, the first dimension of the input may be left out, and is then 1.
///
/// INVALID_ARGUMENT with an exact text for a request that is not right for the model, RESOURCE_EXHAUSTED for
/// more rows than `limits.max_batch`.
Result<models::Tensor> to_input(const ::inference::PredictRequestView& request,
                                const models::ModelHandle& model, const Limits& limits);

/// The earlier of the call's deadline and `deadline_ms` after `received`; 0: only the call's.
Deadline effective_deadline(Deadline call, std::int64_t deadline_ms, TimePoint received);

/// RESOURCE_EXHAUSTED when `size` is over the limit; `what` counts: "requests", "rows".
Status check_batch(std::size_t size, const char* what, const Limits& limits);

}  // namespace parlance::dialects::inference
