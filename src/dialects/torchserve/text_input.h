#pragma once

#include <string_view>

#include "base/status.h"
#include "models/model_version.h"
#include "text/embedding.h"
#include "text/generate.h"

namespace parlance::dialects::torchserve {

/// Of a model that makes text: plain text, which is the prompt, or, where the first character is a brace, a
/// JSON object with `prompt` and perhaps max_tokens (or max_new_tokens), temperature, top_p, top_k, seed and
/// stop (a text or several); fields of other names are passed over. What is not given: the model's own number
/// of tokens, the most probable token always, a seed of its own.
///
/// INVALID_ARGUMENT, INVALID_INPUT, for such an object that is not JSON, has no prompt, or a field of another
/// kind. The rest is checked by text::generate().
Result<text::GenerateRequest> to_generate_request(models::ModelHandle model, std::string_view input);

/// Of a model that makes embeddings: plain text, or a JSON object with `text` and perhaps `normalize`. Errors
/// likewise.
Result<text::EmbedRequest> to_embed_request(models::ModelHandle model, std::string_view input);

}  // namespace parlance::dialects::torchserve
