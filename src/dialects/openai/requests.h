#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/status.h"
#include "dialects/openai/request_limits.h"
#include "generation/sampling_options.h"
#include "generation/token.h"
#include "models/grammar/text_format.h"

namespace parlance::dialects::openai {

/// A text, or the tokens that the caller made of it.
using Prompt = std::variant<std::string, std::vector<generation::Token>>;

/// What completions of both kinds are asked with. `sampling.seed` counts only with has_seed.
struct GenerationFields {
  std::string model;
  std::size_t max_tokens = 0;  // 0: what is left of the context
  generation::SamplingOptions sampling;
  bool has_seed = false;
  std::vector<std::string> stop;
  bool include_stop = false;  // include_stop_str_in_output, as vLLM has it
  bool ignore_end = false;    // ignore_eos, as vLLM has it
  unsigned n = 1;
  std::optional<models::TextFormat> format;
  std::string format_field;  // which one asked for it
  bool stream = false;
  bool include_usage = false;  // stream_options
  bool logprobs = false;       // sampling.top_logprobs says how many besides
  std::uint32_t priority = 0;  // as vLLM has it: 1 is the highest here, 0 the model's own
};

/// POST /v1/completions.
struct CompletionRequest {
  GenerationFields fields;
  std::vector<Prompt> prompts;  // at least one
  bool echo = false;
};

/// POST /v1/chat/completions.
struct ChatRequest {
  GenerationFields fields;
  nlohmann::ordered_json messages;  // for the template: each with role and content, parts joined to a text
  nlohmann::ordered_json template_arguments;  // chat_template_kwargs, as vLLM has it: an object
};

/// POST /v1/embeddings.
struct EmbeddingsRequest {
  std::string model;
  std::vector<Prompt> inputs;  // at least one
  bool as_base64 = false;      // little-endian FP32
  std::optional<std::size_t> dimensions;
  bool truncate = false;  // truncate_prompt_tokens -1, as vLLM has it
};

// Each: INVALID_ARGUMENT, INVALID_INPUT, for what is wrong, and OPENAI_NOT_SUPPORTED for what would change
// the answer and is not done here, with the field in BadRequest. Unknown fields are let through, as OpenAI
// does.
Result<CompletionRequest> parse_completion(std::string_view body, const RequestLimits& limits = {});
Result<ChatRequest> parse_chat(std::string_view body, const RequestLimits& limits = {});
Result<EmbeddingsRequest> parse_embeddings(std::string_view body, const RequestLimits& limits = {});

}  // namespace parlance::dialects::openai
