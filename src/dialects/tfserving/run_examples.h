#pragma once

#include <vector>

#include "base/status.h"
#include "dialects/tfserving/examples.h"
#include "models/repository.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::tfserving {

/// The model's own outputs, with a row for each example. Errors as to_rows() and predict().
Task<Result<models::Tensors>> run_examples(ServerCall& call, const models::Repository& repository,
                                           scheduling::Scheduler& scheduler, models::ModelHandle model,
                                           const Examples& examples);

}  // namespace parlance::dialects::tfserving
