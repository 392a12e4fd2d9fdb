#include "models/grammar/format_problem.h"

#include <algorithm>
#include <span>
#include <string_view>

#include "base/concat.h"
#include "models/grammar/schema_keywords.h"
#include "wire/utf8.h"

namespace parlance::models {
namespace {

/// The most brackets that are open at once; those of strings and escaped ones do not count.
std::size_t depth_of(std::string_view text, std::string_view opening, std::string_view closing, char quote) {
  std::size_t depth = 0, most = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      is_quoted = !is_quoted;
    } else if (!is_quoted && opening.contains(text[i])) {
      most = std::max(most, ++depth);
    } else if (!is_quoted && closing.contains(text[i]) && depth > 0) {
      --depth;
    }
  }
  return most;
}

std::size_t depth_of(const TextFormat& format) {
  constexpr char kNoQuote = '\0';
  return format.kind == TextFormat::Kind::kJsonSchema ? depth_of(format.text, "[{", "]}", '"')
                                                      : depth_of(format.text, "(", ")", kNoQuote);
}

std::optional<std::string> problem_of_choices(const TextFormat& format, const FormatLimits& limits) {
  if (format.choices.empty() || format.choices.size() > limits.max_choices)
    return concat("there must be 1 to ", limits.max_choices, " choices, got ", format.choices.size());
  if (std::ranges::any_of(format.choices, &std::string::empty)) return "a choice must not be empty";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> problem_of(const TextFormat& format, const FormatLimits& limits) {
  std::size_t bytes = format.text.size();
  bool is_text = wire::is_utf8(std::as_bytes(std::span{format.text}));
  for (const std::string& choice : format.choices) {
    bytes += choice.size();
    is_text = is_text && wire::is_utf8(std::as_bytes(std::span{choice}));
  }
  const bool is_regex = format.kind == TextFormat::Kind::kRegex;
  const std::size_t most = is_regex ? limits.max_regex_bytes : limits.max_bytes;
  if (bytes > most) return concat("it has ", bytes, " bytes; ", most, " are taken at most");
  if (!is_text) return "it is not UTF-8";
  if (format.kind == TextFormat::Kind::kChoice) return problem_of_choices(format, limits);
  if (format.text.empty()) return "it is empty";
  if (depth_of(format) > limits.max_depth) return concat("it has more than ", limits.max_depth, " levels");
  return format.kind == TextFormat::Kind::kJsonSchema ? problem_of_schema(format.text) : std::nullopt;
}

}  // namespace parlance::models
