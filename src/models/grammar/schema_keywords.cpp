#include "models/grammar/schema_keywords.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <span>

#include "base/concat.h"

namespace parlance::models {
namespace {

using nlohmann::json;
using Problem = std::optional<std::string>;

// Passed over by xgrammar 0.2.8 (WarnUnsupportedKeywords, which is told not to), or not known to it.
constexpr std::string_view kNotHeld[] = {"$dynamicRef",       "$recursiveRef",    "contains", "dependencies",
                                         "dependentRequired", "dependentSchemas", "else",     "if",
                                         "maxContains",       "minContains",      "not",      "then",
                                         "uniqueItems"};

// What stands below these are schemas: one, a list of them, or one for each name.
constexpr std::string_view kOne[] = {"additionalProperties", "items", "propertyNames", "unevaluatedItems",
                                     "unevaluatedProperties"};
constexpr std::string_view kLists[] = {"allOf", "anyOf", "items", "oneOf", "prefixItems"};
constexpr std::string_view kNamed[] = {"$defs", "definitions", "patternProperties", "properties"};

bool is_one_of(std::string_view name, std::span<const std::string_view> names) {
  return std::ranges::find(names, name) != names.end();
}

Problem problem_in(const json& schema);

Problem problem_in_all(const json& schemas) {
  for (const json& each : schemas)
    if (Problem problem = problem_in(each)) return problem;
  return std::nullopt;
}

Problem problem_in(const json& schema) {
  if (!schema.is_object()) return std::nullopt;
  for (const auto& [name, value] : schema.items()) {
    const bool is_off = name == "uniqueItems" && value == false;
    if (is_one_of(name, kNotHeld) && !is_off) return concat("keyword ", name, " is not supported");
    Problem below;
    if (value.is_object() && is_one_of(name, kOne)) below = problem_in(value);
    if (value.is_array() && is_one_of(name, kLists)) below = problem_in_all(value);
    if (value.is_object() && is_one_of(name, kNamed)) below = problem_in_all(value);
    if (below) return below;
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> problem_of_schema(std::string_view schema) {
  const json parsed = json::parse(schema, nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) return "it is not JSON";
  if (!parsed.is_object() && !parsed.is_boolean()) return "a schema is an object, or true";
  return problem_in(parsed);
}

}  // namespace parlance::models
