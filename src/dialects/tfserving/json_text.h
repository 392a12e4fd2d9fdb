#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "dialects/json_document.h"

// JSON as TensorFlow Serving's REST API has it. Only sources of this folder include this.
namespace parlance::dialects::tfserving {

/// Parses a body: an object, in which also NaN, Infinity and Inf, and those with a minus, are numbers.
/// INVALID_ARGUMENT "JSON Parse error: …" or "JSON Value: … Is not object".
Result<JsonDocument> parse_body(std::string_view body);

/// What `element` says where it is one of those numbers.
std::optional<double> special_number(simdjson::dom::element element);

/// The text within {"b64": "…"}; nothing: it is something else.
std::optional<std::string_view> base64_of(simdjson::dom::element element);

/// The bytes of such a text. INVALID_ARGUMENT "Unable to base64 decode".
Result<std::string> decode_base64(std::string_view text);

/// For messages: a value's JSON, cut when it is long, and "Null", "String" and so on.
std::string shown(simdjson::dom::element element);
std::string_view type_of(simdjson::dom::element element);

}  // namespace parlance::dialects::tfserving
