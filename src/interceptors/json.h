#pragma once

#include <jansson.h>

#include <memory>
#include <string_view>

namespace parlance::interceptors {

// jansson, the JSON library that cjose stands on, as values. Only for sources of this folder.

struct JsonRelease {
  void operator()(json_t* value) const { json_decref(value); }
};
using Json = std::unique_ptr<json_t, JsonRelease>;

/// Null for what is not JSON, and for an object with a name twice: two readers could take different ones.
inline Json parse_json(std::string_view text) {
  return Json{json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr)};
}

/// The text of a string; empty for anything else, null included.
inline std::string_view json_text(const json_t* value) {
  return json_is_string(value) ? std::string_view{json_string_value(value), json_string_length(value)}
                               : std::string_view{};
}

}  // namespace parlance::interceptors
