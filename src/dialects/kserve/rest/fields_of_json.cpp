#include "dialects/kserve/rest/fields_of_json.h"

namespace parlance::dialects::kserve::rest {

namespace dom = simdjson::dom;

std::optional<dom::element> find(dom::object object, std::string_view name) {
  dom::element element;
  if (object[name].get(element) != simdjson::SUCCESS || element.is_null()) return std::nullopt;
  return element;
}

std::unexpected<Status> must_be(std::string_view where, std::string_view needed,
                                std::optional<dom::element> got) {
  return invalid(concat(where, " must be ", needed, ", got ", got ? kind_of(*got) : "nothing"));
}

std::unexpected<Status> cannot_parse(std::string_view name, std::string_view where, std::string_view needed,
                                     std::optional<dom::element> got) {
  return must_be(concat("Unable to parse '", name, "': that of ", where), needed, got);
}

Result<std::optional<dom::object>> find_object(dom::object object, std::string_view name,
                                               std::string_view where) {
  const auto element = find(object, name);
  if (!element) return std::nullopt;
  dom::object found;
  if (element->get(found) != simdjson::SUCCESS) return cannot_parse(name, where, "an object", element);
  return found;
}

Result<std::string_view> text_of(dom::object object, std::string_view name, std::string_view where) {
  const auto element = find(object, name);
  std::string_view text;
  if (!element || element->get(text) != simdjson::SUCCESS)
    return cannot_parse(name, where, "a text", element);
  return text;
}

Result<const ::inference::InferParameterFields*> ParameterValues::keep(std::string_view name,
                                                                       dom::element value) {
  ::inference::InferParameterFields& fields = values_.emplace_back();
  switch (value.type()) {
    case dom::element_type::BOOL:
      fields.bool_param = bool{value};
      break;
    case dom::element_type::INT64:
      fields.int64_param = std::int64_t{value};
      break;
    case dom::element_type::UINT64:
      fields.uint64_param = std::uint64_t{value};
      break;
    case dom::element_type::DOUBLE:
      fields.double_param = double{value};
      break;
    case dom::element_type::STRING:
      fields.string_param = std::string_view{value};
      break;
    case dom::element_type::ARRAY:
    case dom::element_type::OBJECT:
    case dom::element_type::NULL_VALUE:
      return must_be(concat("Parameter \"", name, "\""), "a number, a text, true or false", value);
  }
  return &fields;
}

}  // namespace parlance::dialects::kserve::rest
