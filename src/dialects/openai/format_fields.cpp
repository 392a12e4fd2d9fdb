#include "dialects/openai/format_fields.h"

#include <string>
#include <utility>

#include "base/concat.h"
#include "dialects/openai/error_body.h"

namespace parlance::dialects::openai {
namespace {

using models::TextFormat;
using nlohmann::ordered_json;

/// Keeps the one format that a request may ask for.
class FormatReader {
 public:
  FormatReader(FieldReader& reader, std::string_view body, GenerationFields& fields)
      : reader_(reader), body_(body), fields_(fields) {}

  void read_response_format() {
    const json* format = reader_.find("response_format");
    if (format == nullptr) return;
    const json type = format->is_object() ? format->value("type", json{}) : json{};
    if (type == "text") return;
    if (type == "json_object") return keep("response_format", {.text = models::kAnyObjectSchema});
    if (type == "json_schema") return read_schema("response_format", "/response_format/json_schema/schema");
    fail("response_format", "'response_format' must have the type 'text', 'json_object' or 'json_schema'");
  }

  /// `object` has the fields, `at` is where it stands, `prefix` begins the names of its fields.
  void read_extras(const json& object, const std::string& at, const std::string& prefix) {
    for (const auto& [name, value] : object.items()) {
      if (!name.starts_with(prefix) || value.is_null()) continue;
      const std::string kind = name.substr(prefix.size());
      const std::string param = at.empty() ? name : concat(at, ".", name);
      const std::string pointer = at.empty() ? concat("/", name) : concat("/", at, "/", name);
      if (kind == "json") read_schema(param, pointer);
      if (kind == "regex") read_regex(param, value);
      if (kind == "choice") read_choices(param, value);
      if (kind == "grammar" || kind == "structural_tag")
        reader_.fail(unsupported_field(param, concat("'", param, "' is not supported")));
    }
  }

 private:
  void fail(const std::string& param, std::string message) {
    reader_.fail(invalid_field(param, std::move(message)));
  }

  void keep(const std::string& param, TextFormat format) {
    if (fields_.format)
      return fail(param, concat("'", param, "' and '", fields_.format_field, "' exclude each other"));
    fields_.format = std::move(format);
    fields_.format_field = param;
  }

  /// An object, or JSON in a string.
  void read_schema(const std::string& param, const std::string& pointer) {
    const ordered_json body = ordered_json::parse(body_, nullptr, /*allow_exceptions=*/false);
    const ordered_json::json_pointer place{pointer};
    const ordered_json schema = body.contains(place) ? body.at(place) : ordered_json{};
    if (schema.is_string()) return keep(param, {.text = schema.get<std::string>()});
    if (schema.is_object()) return keep(param, {.text = schema.dump()});
    fail(param, concat("'", pointer.substr(1), "' must be a JSON schema, an object"));
  }

  void read_regex(const std::string& param, const json& value) {
    if (!value.is_string()) return fail(param, concat("'", param, "' must be a string"));
    keep(param, {.kind = TextFormat::Kind::kRegex, .text = value.get<std::string>()});
  }

  void read_choices(const std::string& param, const json& value) {
    TextFormat format{.kind = TextFormat::Kind::kChoice};
    for (const json& each : value.is_array() ? value : json::array({nullptr})) {
      if (!each.is_string()) return fail(param, concat("'", param, "' must be an array of strings"));
      format.choices.push_back(each.get<std::string>());
    }
    keep(param, std::move(format));
  }

  FieldReader& reader_;
  const std::string_view body_;
  GenerationFields& fields_;
};

}  // namespace

void read_format(FieldReader& reader, std::string_view body, GenerationFields& fields) {
  FormatReader formats{reader, body, fields};
  formats.read_response_format();
  formats.read_extras(reader.object(), "", "guided_");
  const json* structured = reader.find("structured_outputs");
  if (structured == nullptr) return;
  if (structured->is_object()) return formats.read_extras(*structured, "structured_outputs", "");
  reader.fail(invalid_field("structured_outputs", "'structured_outputs' must be an object"));
}

}  // namespace parlance::dialects::openai
