#pragma once

#include <simdjson.h>

#include <deque>
#include <expected>
#include <optional>
#include <string_view>
#include <vector>

#include "base/concat.h"
#include "base/status.h"
#include "dialects/invalid_input.h"
#include "dialects/json_document.h"
#include "kserve/grpc_service.views.h"

// Only sources of this folder include this.

namespace parlance::dialects::kserve::rest {

/// A field of an object; nothing when it is missing or null.
std::optional<simdjson::dom::element> find(simdjson::dom::object object, std::string_view name);
/// INVALID_ARGUMENT: `where` must be `needed`, and is something else or missing.
std::unexpected<Status> must_be(std::string_view where, std::string_view needed,
                                std::optional<simdjson::dom::element> got);
/// The same of the field `name` of `where`, as Triton begins it.
std::unexpected<Status> cannot_parse(std::string_view name, std::string_view where, std::string_view needed,
                                     std::optional<simdjson::dom::element> got);
/// A field that is an object; nothing when it is missing.
Result<std::optional<simdjson::dom::object>> find_object(simdjson::dom::object object, std::string_view name,
                                                         std::string_view where);
/// A field that must be there, and a text.
Result<std::string_view> text_of(simdjson::dom::object object, std::string_view name, std::string_view where);

/// The values of parameters, which stay where they are while others are added.
class ParameterValues {
 public:
  /// Appends {name, value} to the entries of a map. INVALID_ARGUMENT for a value that no parameter has.
  template <typename Entry>
  Status add(std::string_view name, simdjson::dom::element value, std::vector<Entry>& to) {
    const auto fields = keep(name, value);
    if (!fields) return fields.error();
    to.push_back({.key = name, .value = *fields});
    return {};
  }

 private:
  Result<const ::inference::InferParameterFields*> keep(std::string_view name, simdjson::dom::element value);

  std::deque<::inference::InferParameterFields> values_;
};

}  // namespace parlance::dialects::kserve::rest
