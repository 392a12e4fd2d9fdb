#pragma once

#include "dialects/openai/field_reader.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {

/// What completions of both kinds have in common; `logprobs` and `max_tokens` differ and are not read. `body`
/// is what the reader's object was parsed from. What is wrong stands in `reader`.
GenerationFields read_generation_fields(FieldReader& reader, std::string_view body,
                                        const RequestLimits& limits);

}  // namespace parlance::dialects::openai
