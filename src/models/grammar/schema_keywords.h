#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace parlance::models {

/// What a JSON schema asks for that xgrammar passes over without a word, or why it is no schema, for the
/// caller to read; nothing when there is nothing. Read by recursion: levels are limited before.
std::optional<std::string> problem_of_schema(std::string_view schema);

}  // namespace parlance::models
