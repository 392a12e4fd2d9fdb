#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/status.h"
#include "generation/sampler.h"
#include "generation/step_engine.h"
#include "generation/step_planner.h"
#include "scheduling/generation/generation_request.h"

namespace parlance::scheduling {

/// Why a request can never be run, whoever else is there: INVALID_ARGUMENT for an empty prompt, tokens that
/// the model does not have, sampling options out of range, or more than the model's context;
/// RESOURCE_EXHAUSTED for more than all pages hold.
std::optional<Status> problem_of(const std::string& model, const GenerationRequest& request,
                                 const GenerationLimits& limits, const generation::StepEngine& engine);

/// RESOURCE_EXHAUSTED with RetryInfo: `open` sequences are as many as may be.
Status too_many_open(const std::string& model, std::size_t open);

/// INVALID_ARGUMENT when the caller's biases or grammar leave no token, else INTERNAL: the model computed
/// nonsense.
Status cannot_sample(const std::string& model, generation::SamplingError error,
                     const GenerationRequest& request);

/// INTERNAL: the engine gave other than `wanted` logits.
Status wrong_logits(const std::string& model, std::size_t wanted, std::size_t given);

/// INTERNAL: the engine threw.
Status engine_failed(const std::string& model, std::string_view problem);

/// RESOURCE_EXHAUSTED: the reader has taken nothing for `limit`, which `knob` sets, though a whole window
/// waited for it.
Status slow_reader(const std::string& model, Duration limit, std::string_view knob);

/// UNAVAILABLE: the version goes, or has gone.
Status model_unloaded(const std::string& model);

}  // namespace parlance::scheduling
