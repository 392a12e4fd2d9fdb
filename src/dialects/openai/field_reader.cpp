#include "dialects/openai/field_reader.h"

#include <cmath>

#include "base/concat.h"
#include "dialects/openai/error_body.h"

namespace parlance::dialects::openai {
namespace {

std::string short_number(double value) { return json(value).dump(); }

}  // namespace

Result<json> parse_object(std::string_view body, const RequestLimits& limits) {
  bool too_deep = false;
  const auto guard = [&](int depth, json::parse_event_t, json&) {
    too_deep |= depth > limits.max_depth;
    return !too_deep;
  };
  json parsed = json::parse(body, guard, /*allow_exceptions=*/false);
  if (too_deep) {
    return std::unexpected{
        invalid_field("", concat("the JSON of the request has more than ", limits.max_depth, " levels"))};
  }
  if (!parsed.is_object()) {
    return std::unexpected{invalid_field("", "the body of the request is not a JSON object")};
  }
  return parsed;
}

const json* FieldReader::find(const char* name) const {
  const auto found = object_.find(name);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::string FieldReader::required_text(const char* name) {
  std::optional<std::string> value = text(name);
  if (!value) fail(invalid_field(name, concat("you must provide '", name, "', a string")));
  return std::move(value).value_or("");
}

std::optional<std::string> FieldReader::text(const char* name) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fail(invalid_field(name, concat("'", name, "' must be a string")));
  return std::nullopt;
}

bool FieldReader::flag(const char* name, bool otherwise) {
  const json* value = find(name);
  if (value == nullptr) return otherwise;
  if (!value->is_boolean()) fail(invalid_field(name, concat("'", name, "' must be true or false")));
  return value->is_boolean() ? value->get<bool>() : otherwise;
}

std::optional<double> FieldReader::number(const char* name, double least, double most) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const double number = value->is_number() ? value->get<double>() : std::nan("");
  if (number >= least && number <= most) return number;
  fail(invalid_field(
      name, concat("'", name, "' must be a number from ", short_number(least), " to ", short_number(most))));
  return std::nullopt;
}

std::optional<std::int64_t> FieldReader::integer(const char* name, std::int64_t least, std::int64_t most) {
  const json* value = find(name);
  if (value == nullptr) return std::nullopt;
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT64_MAX});
  const std::int64_t number = fits ? value->get<std::int64_t>() : 0;
  if (fits && number >= least && number <= most) return number;
  fail(invalid_field(name, concat("'", name, "' must be a whole number from ", least, " to ", most)));
  return std::nullopt;
}

}  // namespace parlance::dialects::openai
