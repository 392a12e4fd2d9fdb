#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "edge/http_message.h"

namespace parlance::dialects::openai {

/// INVALID_ARGUMENT (INVALID_INPUT): `param` of the request ("messages[0].role") is not right.
Status invalid_field(std::string_view param, std::string message);
/// INVALID_ARGUMENT (OPENAI_NOT_SUPPORTED): what `param` asks for would change the answer and is not done
/// here.
Status unsupported_field(std::string_view param, std::string message);

/// A status as OpenAI's clients read it, JSON: {"error": {"message", "type", "param", "code"}}. `code` is
/// OpenAI's where it has one (invalid_api_key, model_not_found, context_length_exceeded,
/// rate_limit_exceeded), else the reason of the status in lower case; `param` the first field that BadRequest
/// names.
std::string error_body(const Status& status);
/// The same as an answer.
edge::HttpResponse error_response(const Status& status);

}  // namespace parlance::dialects::openai
