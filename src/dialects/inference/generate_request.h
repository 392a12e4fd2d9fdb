#pragma once

#include "base/status.h"
#include "models/repository.h"
#include "parlance/inference.views.h"
#include "rpc/server_call.h"
#include "text/generate.h"

namespace parlance::dialects::inference {

/// What `request` and the call's metadata ask for. Zeros, which proto3 does not tell from nothing, mean: of
/// max_tokens the model's own number, of temperature the most probable token always, of top_p 1.
///
/// Metadata: `x-parlance-seed`, a number, makes draws repeatable (else each call draws anew);
/// `x-parlance-special-tokens: 1` lets the prompt spell out special tokens; `x-parlance-json-schema` or
/// `x-parlance-regex` is what the text is held to. INVALID_ARGUMENT, INVALID_INPUT,
/// for a model_name that is missing, a negative max_tokens, metadata that cannot be read; NOT_FOUND or
/// UNAVAILABLE as Repository::find(). The rest is checked by text::generate().
Result<text::GenerateRequest> to_generate_request(const models::Repository& repository,
                                                  const ::inference::GenerateRequestView& request,
                                                  const ServerCall& call);

}  // namespace parlance::dialects::inference
