#include "dialects/json_document.h"

#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"

namespace parlance::dialects {

Result<JsonDocument> JsonDocument::parse(std::string_view text, std::string_view hint) {
  auto parser = std::make_unique<simdjson::dom::parser>();
  simdjson::dom::element root;
  const simdjson::error_code error = parser->parse(text.data(), text.size()).get(root);
  if (error != simdjson::SUCCESS)
    return invalid(concat("input is not JSON (", simdjson::error_message(error), "); ", hint));
  return JsonDocument{std::move(parser), root};
}

std::string_view kind_of(simdjson::dom::element element) {
  switch (element.type()) {
    case simdjson::dom::element_type::ARRAY:
      return "an array";
    case simdjson::dom::element_type::OBJECT:
      return "an object";
    case simdjson::dom::element_type::STRING:
      return "a text";
    case simdjson::dom::element_type::BOOL:
      return "true or false";
    case simdjson::dom::element_type::NULL_VALUE:
      return "null";
    case simdjson::dom::element_type::INT64:
    case simdjson::dom::element_type::UINT64:
    case simdjson::dom::element_type::DOUBLE:
      return "a number";
  }
  return "nothing";
}

}  // namespace parlance::dialects
