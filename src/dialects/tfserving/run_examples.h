#pragma once

#include "base/status.h"
#include "dialects/tfserving/examples.h"
#include "dialects/tfserving/signatures.h"
#include "models/model_version.h"
#include "models/tensor.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::tfserving {

/// The model's own outputs, with a row for each example. Errors as to_rows() and run_model().
Task<Result<models::Tensors>> run_examples(ServerCall& call, scheduling::Scheduler& scheduler,
                                           models::ModelHandle model, const Examples& examples);

/// The outputs of a signature for examples, kClassify or kRegress, to be had as tensors: `classes` BYTES and
/// `scores` FP32, [examples, classes] both, or `outputs` FP32 [examples]. An element of `serialized`, BYTES,
/// is an Example. Errors as parse_examples() and run_examples(); the model has the signature.
Task<Result<models::Tensors>> run_serialized_examples(ServerCall& call, scheduling::Scheduler& scheduler,
                                                      models::ModelHandle model, SignatureKind kind,
                                                      const models::Tensor& serialized);

}  // namespace parlance::dialects::tfserving
