#pragma once

#include <span>
#include <string>
#include <string_view>

#include "text/embedding.h"

namespace parlance::dialects::openai {

/// The answer to /v1/embeddings, JSON. `as_base64`: each embedding as little-endian FP32.
std::string embeddings_body(std::string_view model, std::span<const text::Embedding> embeddings,
                            bool as_base64);

}  // namespace parlance::dialects::openai
