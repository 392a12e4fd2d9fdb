#pragma once

#include "dialects/openai/field_reader.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {

/// The required field `name`: a text, an array of texts, tokens, or an array of arrays of tokens. What is
/// wrong with it stands in `reader`.
std::vector<Prompt> read_prompts(FieldReader& reader, const char* name, const RequestLimits& limits);

}  // namespace parlance::dialects::openai
