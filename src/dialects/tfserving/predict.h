#pragma once

#include <cstddef>

#include "base/status.h"
#include "dialects/tfserving/signatures.h"
#include "models/repository.h"
#include "models/tensor.h"
#include "rpc/server_call.h"
#include "rpc/task.h"
#include "scheduling/scheduler.h"

namespace parlance::dialects::tfserving {

/// Texts that one request may have a model take: each is a sequence or a row of its own.
inline constexpr std::size_t kMostTexts = 256;

/// Asks `model` under one of predict_signature()'s: `inputs` by name, the outputs in the order of the
/// signature. Texts are answered side by side; each is generated with the most probable token always, up to
/// the model's own number of tokens, or becomes an embedding as the model gives it; Examples come serialized.
///
/// INVALID_ARGUMENT as models::bind_inputs(); RESOURCE_EXHAUSTED (BATCH_TOO_LARGE) for more than kMostTexts;
/// else as Scheduler::infer(), run_serialized_examples(), text::generate() and text::embed_all().
Task<Result<models::Tensors>> predict(ServerCall& call, const models::Repository& repository,
                                      scheduling::Scheduler& scheduler, models::ModelHandle model,
                                      ServedSignature signature, models::Tensors inputs);

}  // namespace parlance::dialects::tfserving
