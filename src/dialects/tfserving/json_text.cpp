#include "dialects/tfserving/json_text.h"

#include <cmath>
#include <limits>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "grpc/base64.h"

namespace parlance::dialects::tfserving {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kMostShownBytes = 256;
constexpr std::string_view kHint = "the body is a JSON object";

struct Special {
  std::string_view spelled;
  double value;
};
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Longer ones before those that they begin with.
constexpr Special kSpecials[] = {{"NaN", std::numeric_limits<double>::quiet_NaN()},
                                 {"-NaN", std::numeric_limits<double>::quiet_NaN()},
                                 {"Infinity", kInfinity},
                                 {"-Infinity", -kInfinity},
                                 {"Inf", kInfinity},
                                 {"-Inf", -kInfinity}};

const Special* special_at(std::string_view text) {
  for (const Special& special : kSpecials) {
    if (text.starts_with(special.spelled)) return &special;
  }
  return nullptr;
}

/// Each of kSpecials outside of texts becomes an object whose only key is empty, which no tensor has.
std::string with_specials_wrapped(std::string_view json) {
  std::string wrapped;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size();) {
    const Special* special = in_text ? nullptr : special_at(json.substr(i));
    if (special != nullptr) {
      wrapped += concat(R"({"":")", special->spelled, "\"}");
      i += special->spelled.size();
      continue;
    }
    if (json[i] == '"') in_text = !in_text;
    if (in_text && json[i] == '\\' && i + 1 < json.size()) wrapped += json[i++];
    wrapped += json[i++];
  }
  return wrapped;
}

/// The text that is the value of the only key.
std::optional<std::string_view> only_text(dom::element element, std::string_view key) {
  dom::object object;
  std::string_view text;
  if (element.get(object) != simdjson::SUCCESS || object.size() != 1) return std::nullopt;
  const dom::key_value_pair only = *object.begin();
  if (only.key != key || only.value.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

}  // namespace

Result<JsonDocument> parse_body(std::string_view body) {
  if (body.empty()) return invalid("JSON Parse error: The document is empty");
  Result<JsonDocument> document = JsonDocument::parse(body, kHint);
  const bool may_have_specials = body.contains("NaN") || body.contains("Inf");
  if (!document && may_have_specials) document = JsonDocument::parse(with_specials_wrapped(body), kHint);
  if (!document) return invalid(concat("JSON Parse error: ", document.error().message()));
  if (!document->root().is_object())
    return invalid(concat("JSON Value: ", shown(document->root()), " Is not object"));
  return document;
}

std::optional<double> special_number(dom::element element) {
  const std::optional<std::string_view> spelled = only_text(element, "");
  const Special* special = spelled ? special_at(*spelled) : nullptr;
  if (special == nullptr) return std::nullopt;
  return special->value;
}

std::optional<std::string_view> base64_of(dom::element element) { return only_text(element, "b64"); }

Result<std::string> decode_base64(std::string_view text) {
  std::optional<std::string> bytes = grpc::base64_decode(text);
  if (!bytes) return invalid("Unable to base64 decode");
  return *std::move(bytes);
}

std::string shown(dom::element element) {
  if (const auto special = special_number(element))
    return std::isnan(*special) ? "NaN" : (*special < 0 ? "-Infinity" : "Infinity");
  std::string text = simdjson::minify(element);
  if (text.size() <= kMostShownBytes) return text;
  std::size_t end = kMostShownBytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text;
}

std::string_view type_of(dom::element element) {
  if (special_number(element)) return "Number";
  switch (element.type()) {
    case dom::element_type::ARRAY:
      return "Array";
    case dom::element_type::OBJECT:
      return "Object";
    case dom::element_type::STRING:
      return "String";
    case dom::element_type::BOOL:
      return element.get_bool().value_unsafe() ? "True" : "False";
    case dom::element_type::NULL_VALUE:
      return "Null";
    case dom::element_type::INT64:
    case dom::element_type::UINT64:
    case dom::element_type::DOUBLE:
      break;
  }
  return "Number";
}

}  // namespace parlance::dialects::tfserving
