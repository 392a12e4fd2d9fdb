#include "dialects/kserve/rest/generate.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "dialects/kserve/rest/fields_of_json.h"
#include "dialects/kserve/rest/message.h"
#include "models/byte_elements.h"

namespace parlance::dialects::kserve::rest {
namespace {

namespace dom = simdjson::dom;
using Fields = ::inference::ModelInferRequestFields;

constexpr std::string_view kTextInput = "text_input";

/// Everything that has no meaning of its own.
Status read_parameters(dom::object object, ParameterValues& values,
                       std::vector<Fields::ParametersEntry>& to) {
  for (const auto [name, value] : object) {
    if (name == kTextInput || name == "id" || name == "parameters" || name == "stream") continue;
    if (Status status = values.add(name, value, to); !status.ok()) return status;
  }
  return {};
}

}  // namespace

Result<Buffer> read_generate_request(const ModelName& name, std::string_view body) {
  const Result<JsonDocument> document = JsonDocument::parse(body, "send an object with \"text_input\"");
  if (!document) return std::unexpected{document.error()};
  dom::object object;
  if (document->root().get(object) != simdjson::SUCCESS)
    return must_be("the request", "an object", document->root());
  const auto text = text_of(object, kTextInput, "the request");
  if (!text) return std::unexpected{text.error()};
  Fields fields{.model_name = name.model, .model_version = name.version};
  if (find(object, "id")) {
    const auto id = text_of(object, "id", "the request");
    if (!id) return std::unexpected{id.error()};
    fields.id = *id;
  }
  const auto nested = find_object(object, "parameters", "the request");
  if (!nested) return std::unexpected{nested.error()};
  ParameterValues values;
  std::vector<Fields::ParametersEntry> parameters;
  Status status = read_parameters(object, values, parameters);
  if (status.ok() && *nested) status = read_parameters(**nested, values, parameters);
  if (!status.ok()) return std::unexpected{std::move(status)};

  constexpr std::array<std::int64_t, 1> kOne{1};
  const std::array<Fields::InferInputTensor, 1> inputs{
      {{.name = kTextInput, .datatype = "BYTES", .shape = kOne}}};
  std::array<std::string, 1> raw;
  models::append_element(raw[0], *text);
  fields.parameters = parameters;
  fields.inputs = inputs;
  fields.raw_input_contents = raw;
  return serialize(fields);
}

}  // namespace parlance::dialects::kserve::rest
