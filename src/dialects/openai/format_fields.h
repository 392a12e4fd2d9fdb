#pragma once

#include <string_view>

#include "dialects/openai/field_reader.h"
#include "dialects/openai/requests.h"

namespace parlance::dialects::openai {

/// The form that texts are held to: `response_format`, and what vLLM has besides (`structured_outputs`,
/// `guided_json`, `guided_regex`, `guided_choice`). `body` is what the reader's object was parsed from: a
/// schema's properties are made in the order in which they stand there. What is wrong stands in `reader`.
void read_format(FieldReader& reader, std::string_view body, GenerationFields& fields);

}  // namespace parlance::dialects::openai
