#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parlance::app {

/// Keys and values of a file of java.util.Properties, in its order: `key=value`, `key: value` or `key value`
/// a line, which a backslash at its end joins with the next; `#` and `!` begin comments; \t, \n, \r, \f and
/// \uXXXX are what they are in Java, any other character behind a backslash is itself. The error names the
/// line of a \u that is none.
std::expected<std::vector<std::pair<std::string, std::string>>, std::string> parse_java_properties(
    std::string_view text);

}  // namespace parlance::app
