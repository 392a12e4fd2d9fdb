#pragma once

#include <string>

#include "base/status.h"
#include "dialects/openai/requests.h"
#include "models/model_version.h"
#include "rpc/task.h"

namespace parlance::dialects::openai {

/// A conversation as the prompt of `model`, which its template makes. On an event loop; long ones are looked
/// at by the version's workers. UNIMPLEMENTED, MODEL_CANNOT, for a model that makes no text;
/// FAILED_PRECONDITION, CHAT_TEMPLATE_MISSING; INVALID_ARGUMENT, INVALID_INPUT, for messages that spell out
/// a special token, with which a caller could end his own message and begin another's. Else as
/// render_chat().
Task<Result<std::string>> chat_prompt(const models::ModelHandle& model, const ChatRequest& request);

}  // namespace parlance::dialects::openai
