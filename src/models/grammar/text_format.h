#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parlance::models {

/// The form that a model's text is held to, token by token.
struct TextFormat {
  enum class Kind : std::uint8_t {
    kJsonSchema,  // JSON that satisfies the schema `text`
    kRegex,       // all of the text matches `text`, in the syntax of ECMAScript
    kChoice,      // one of `choices`, as it stands
  };
  Kind kind = Kind::kJsonSchema;
  std::string text = {};
  std::vector<std::string> choices = {};
  bool operator==(const TextFormat&) const = default;
};

/// Of any JSON object.
inline constexpr const char* kAnyObjectSchema = R"({"type": "object", "additionalProperties": true})";

/// As metadata of errors name a TextFormat that cannot be used.
inline constexpr const char* kFormatKnob = "format";

struct FormatLimits {
  /// Of a schema, an expression, or all choices together. OpenAI's schemas may have 5,000 properties; those
  /// of real callers have a few kilobytes.
  std::size_t max_bytes = std::size_t{64} * 1024;
  /// Of an expression: what its counts multiply is only seen when it is compiled.
  std::size_t max_regex_bytes = 4096;
  /// Levels of a schema's JSON and of an expression's groups: both are read by recursion.
  std::size_t max_depth = 64;
  std::size_t max_choices = 1024;
};

}  // namespace parlance::models
