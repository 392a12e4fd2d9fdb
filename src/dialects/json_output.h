#pragma once

#include <charconv>
#include <cmath>
#include <concepts>
#include <string>
#include <string_view>

#include "base/concat.h"

namespace parlance::dialects {

/// Appends a value as JSON. Floating-point numbers have the fewest digits that are read as the same number
/// again; those that JSON has not are NaN, Infinity and -Infinity, as Python's json and RapidJSON write and
/// read them. `text` is UTF-8.
void append_json(std::string& json, std::same_as<bool> auto value) { json += value ? "true" : "false"; }
void append_json(std::string& json, std::integral auto number)
  requires(!std::same_as<decltype(number), bool>)
{
  append_part(json, number);
}
void append_json(std::string& json, std::floating_point auto number) {
  if (std::isnan(number)) {
    json += "NaN";
  } else if (std::isinf(number)) {
    json += number < 0 ? "-Infinity" : "Infinity";
  } else {
    char digits[32];
    json.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
    if (number == 0 && std::signbit(number)) json += ".0";  // "-0" is a whole number to many, without a sign
  }
}
void append_json(std::string& json, std::string_view text);

}  // namespace parlance::dialects
