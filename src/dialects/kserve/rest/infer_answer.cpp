#include "dialects/kserve/rest/infer_answer.h"

#include <utility>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/json_output.h"
#include "dialects/kserve/rest/json_values.h"
#include "grpc/error_details.h"
#include "kserve/grpc_service.views.h"
#include "wire/parsed.h"

namespace parlance::dialects::kserve::rest {
namespace {

using Response = ::inference::ModelInferResponseView;
using Output = Response::InferOutputTensor;
using Parameter = ::inference::InferParameterView;

void append_parameter(std::string& json, const Parameter& parameter) {
  if (parameter.has_bool_param()) return append_json(json, parameter.bool_param());
  if (parameter.has_int64_param()) return append_json(json, parameter.int64_param());
  if (parameter.has_uint64_param()) return append_json(json, parameter.uint64_param());
  if (parameter.has_double_param()) return append_json(json, parameter.double_param());
  append_json(json, parameter.string_param());
}

/// "name": value, behind a comma unless it is the first of its object.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& json) : json_(json) {}
  std::string& key(std::string_view name) {
    json_ += std::exchange(separator_, ',');
    append_json(json_, name);
    return json_ += ':';
  }
  void add(std::string_view name, const auto& value) { append_json(key(name), value); }
  void add_parameters(const auto& parameters) {
    for (const auto [name, parameter] : parameters) append_parameter(key(name), parameter);
  }
  void end() { json_ += separator_ == '{' ? "{}" : "}"; }

 private:
  std::string& json_;
  char separator_ = '{';
};

TensorHead head_of(const Output& output) {
  TensorHead head{.name = output.name()};
  const auto type = models::parse_data_type(output.datatype());
  require(type.has_value(), "the server answers with datatypes that it knows");
  head.type = *type;
  for (const std::int64_t dimension : output.shape()) head.shape.push_back(dimension);
  head.elements = models::element_count(head.shape).value_or(0);
  return head;
}

void append_head(ObjectWriter& object, const Output& output) {
  object.add("name", output.name());
  object.add("datatype", output.datatype());
  std::string& json = object.key("shape");
  char separator = '[';
  for (const std::int64_t dimension : output.shape()) {
    json += std::exchange(separator, ',');
    append_json(json, dimension);
  }
  json += separator == '[' ? "[]" : "]";
}

Status append_output(std::string& json, const Output& output, Bytes raw, OutputForm form) {
  ObjectWriter object{json};
  append_head(object, output);
  const bool binary = form == OutputForm::kBinary;
  if (binary || !output.parameters().empty()) {
    ObjectWriter parameters{object.key("parameters")};
    parameters.add_parameters(output.parameters());
    if (binary) parameters.add("binary_data_size", raw.size());
    parameters.end();
  }
  if (form == OutputForm::kJson) {
    const Status status = append_values(head_of(output), raw, object.key("data"));
    if (!status.ok()) return status;
  }
  object.end();
  return {};
}

void append_head(ObjectWriter& object, const Response& response) {
  if (!response.id().empty()) object.add("id", response.id());
  object.add("model_name", response.model_name());
  object.add("model_version", response.model_version());
}

Status no_raw_contents() {
  return grpc::make_error(StatusCode::kInternal, "OUTPUT_NOT_REPRESENTABLE",
                          "the outputs came without raw contents", {{"hop", "server"}});
}

wire::Parsed<Response> parsed(Bytes message) {
  auto response = wire::Parsed<Response>::of(message);
  require(response.has_value(), "the server's own message");
  return *std::move(response);
}

}  // namespace

Result<edge::HttpResponse> write_infer_answer(Bytes message, const OutputForms& forms) {
  const wire::Parsed<Response> response = parsed(message);
  std::string json;
  std::string binary_data;
  ObjectWriter object{json};
  append_head(object, *response);
  if (!response->parameters().empty()) {
    ObjectWriter parameters{object.key("parameters")};
    parameters.add_parameters(response->parameters());
    parameters.end();
  }
  object.key("outputs") += '[';
  const auto raw = response->raw_output_contents();
  if (raw.size() != response->outputs().size()) return std::unexpected{no_raw_contents()};
  auto next_raw = raw.begin();
  bool is_first = true;
  for (const Output output : response->outputs()) {
    if (!std::exchange(is_first, false)) json += ',';
    const OutputForm form = forms.of(output.name());
    const Status status = append_output(json, output, *next_raw, form);
    if (!status.ok()) return std::unexpected{status};
    if (form == OutputForm::kBinary) binary_data += as_text(*next_raw);
    ++next_raw;
  }
  json += ']';
  object.end();

  edge::HttpResponse answer{.content_type = "application/json", .body = std::move(json)};
  if (binary_data.empty()) return answer;
  answer.content_type = "application/octet-stream";
  answer.fields.push_back({"Inference-Header-Content-Length", std::to_string(answer.body.size())});
  answer.body += binary_data;
  return answer;
}

Result<std::string> generate_json(Bytes message) {
  const wire::Parsed<Response> response = parsed(message);
  std::string json;
  ObjectWriter object{json};
  append_head(object, *response);
  object.add_parameters(response->parameters());
  const auto raw = response->raw_output_contents();
  auto next_raw = raw.begin();
  for (const Output output : response->outputs()) {
    if (next_raw == raw.end()) break;
    std::string values;
    const Status status = append_values(head_of(output), *next_raw, values);
    if (!status.ok()) return std::unexpected{status};
    const bool is_one = head_of(output).elements == 1;
    object.key(output.name()) += is_one ? values.substr(1, values.size() - 2) : values;
    ++next_raw;
  }
  object.end();
  return json;
}

}  // namespace parlance::dialects::kserve::rest
