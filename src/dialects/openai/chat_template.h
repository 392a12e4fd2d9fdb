#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/status.h"

namespace parlance::dialects::openai {

/// What a template is given besides the messages.
struct TemplateInput {
  nlohmann::ordered_json messages;   // an array of objects
  nlohmann::ordered_json arguments;  // an object: what templates of this model know besides
  std::string bos_token;             // as text; may be empty
  std::string eos_token;
};

/// The prompt that a model's template (Jinja, as Hugging Face has it) makes of a conversation, to be answered
/// by the model: add_generation_prompt is true. INVALID_ARGUMENT, INVALID_INPUT, with the template's words,
/// for messages that it refuses (raise_exception); FAILED_PRECONDITION, CHAT_TEMPLATE_BROKEN, for one that
/// cannot be read or run.
Result<std::string> render_chat(std::string_view chat_template, const TemplateInput& input);

}  // namespace parlance::dialects::openai
