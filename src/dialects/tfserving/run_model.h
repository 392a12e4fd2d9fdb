#pragma once

#include "base/status.h"
#include "models/model_version.h"
#include "models/tensor.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::tfserving {

/// The model's own outputs to its own inputs. INVALID_ARGUMENT as models::bind_inputs(), else as
/// Scheduler::infer().
Task<Result<models::Tensors>> run_model(ServerCall& call, scheduling::Scheduler& scheduler,
                                        models::ModelHandle model, models::Tensors inputs);

}  // namespace parlance::dialects::tfserving
