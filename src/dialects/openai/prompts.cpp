#include "dialects/openai/prompts.h"

#include <algorithm>

#include "base/concat.h"
#include "dialects/openai/error_body.h"

namespace parlance::dialects::openai {
namespace {

bool is_token(const json& value) {
  return value.is_number_integer() && value >= 0 && value <= std::numeric_limits<generation::Token>::max();
}

bool is_tokens(const json& value) {
  return value.is_array() && !value.empty() && std::ranges::all_of(value, is_token);
}

std::optional<Prompt> prompt_of(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (is_tokens(value)) return value.get<std::vector<generation::Token>>();
  return std::nullopt;
}

}  // namespace

std::vector<Prompt> read_prompts(FieldReader& reader, const char* name, const RequestLimits& limits) {
  const json* value = reader.find(name);
  if (value == nullptr)
    return reader.fail(invalid_field(name, concat("you must provide '", name, "'"))), std::vector<Prompt>{};
  if (auto single = prompt_of(*value)) return {*std::move(single)};
  std::vector<Prompt> prompts;
  for (const json& element : value->is_array() ? *value : json::array()) {
    auto prompt = prompt_of(element);
    if (!prompt || prompts.size() == limits.max_inputs) break;
    prompts.push_back(*std::move(prompt));
  }
  const std::size_t size = value->is_array() ? value->size() : 0;
  if (size > limits.max_inputs) {
    reader.fail(invalid_field(
        name, concat("'", name, "' has ", size, " elements; ", limits.max_inputs, " are taken at most")));
  } else if (prompts.empty() || prompts.size() != size) {
    reader.fail(
        invalid_field(name, concat("'", name,
                                   "' must be a string, an array of strings, an array of tokens or an "
                                   "array of arrays of tokens")));
  }
  return prompts;
}

}  // namespace parlance::dialects::openai
