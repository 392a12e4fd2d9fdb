#include "dialects/kserve/rest/infer_request.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <deque>
#include <limits>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_document.h"
#include "dialects/kserve/rest/fields_of_json.h"
#include "dialects/kserve/rest/json_values.h"
#include "dialects/kserve/rest/message.h"
#include "kserve/grpc_service.views.h"
#include "models/shape.h"

namespace parlance::dialects::kserve::rest {
namespace {

namespace dom = simdjson::dom;
using Fields = ::inference::ModelInferRequestFields;
using Input = Fields::InferInputTensor;
using Output = Fields::InferRequestedOutputTensor;

constexpr std::string_view kHint =
    "send an object with \"inputs\"; NaN and Infinity are not JSON, send such tensors as binary data";

// Parameters that are of this form of the protocol alone.
constexpr std::string_view kBinarySize = "binary_data_size";   // of an input
constexpr std::string_view kBinary = "binary_data";            // of an output
constexpr std::string_view kAllBinary = "binary_data_output";  // of the request
constexpr std::string_view kRegion = "shared_memory_region";

OutputForm form_of(bool binary) { return binary ? OutputForm::kBinary : OutputForm::kJson; }

/// Makes one message. What its Fields borrow lives here or in the body.
class Builder {
 public:
  Builder(const ModelName& name, std::string_view body, std::size_t json_bytes)
      : model_(name.model), rest_(as_bytes(body).subspan(json_bytes)) {
    fields_ = {.model_name = name.model, .model_version = name.version};
  }

  Status read(dom::object request);
  InferRequest take() && {
    fields_.parameters = parameters_;
    fields_.inputs = inputs_;
    fields_.outputs = outputs_;
    fields_.raw_input_contents = raw_;
    return {.message = serialize(fields_), .forms = std::move(forms_)};
  }

 private:
  struct InputParameters {
    std::vector<Input::ParametersEntry> entries;
    std::optional<std::uint64_t> binary_bytes;
    bool in_shared_memory = false;
  };

  Status read_request_parameters(dom::object request);
  Status read_inputs(dom::object request);
  Status read_input(std::size_t index, dom::element element);
  Status read_input_parameters(dom::object input, std::string_view where, InputParameters& parameters);
  Status read_shape(dom::object input, std::string_view where);
  Status add_values(std::string_view name, std::string_view datatype, dom::object input,
                    const InputParameters& parameters);
  Status add_binary(std::string_view input, std::uint64_t bytes);
  Status read_outputs(dom::object request);
  Status read_output(std::size_t index, dom::element element);

  const std::string_view model_;
  Bytes rest_;  // of the binary data
  Fields fields_;
  ParameterValues values_;
  std::vector<Fields::ParametersEntry> parameters_;
  std::deque<models::Shape> shapes_;
  std::deque<std::vector<Input::ParametersEntry>> input_parameters_;
  std::deque<std::vector<Output::ParametersEntry>> output_parameters_;
  std::vector<Input> inputs_;
  std::vector<Output> outputs_;
  std::deque<Buffer> contents_;
  std::vector<Bytes> raw_;
  OutputForms forms_;
};

Status Builder::read_request_parameters(dom::object request) {
  const auto object = find_object(request, "parameters", "the request");
  if (!object) return object.error();
  if (!*object) return {};
  for (const auto [name, value] : **object) {
    if (name == kAllBinary) {
      bool binary = false;
      if (value.get(binary) != simdjson::SUCCESS)
        return cannot_parse(name, "the request", "a bool", value).error();
      forms_.otherwise = form_of(binary);
    } else if (Status status = values_.add(name, value, parameters_); !status.ok()) {
      return status;
    }
  }
  return {};
}

Status Builder::read_input_parameters(dom::object input, std::string_view where,
                                      InputParameters& parameters) {
  const auto object = find_object(input, "parameters", where);
  if (!object) return object.error();
  if (!*object) return {};
  for (const auto [name, value] : **object) {
    if (name == kBinarySize) {
      std::uint64_t bytes = 0;
      if (value.get(bytes) != simdjson::SUCCESS)
        return cannot_parse(name, where, "a whole number, not negative", value).error();
      parameters.binary_bytes = bytes;
      continue;
    }
    parameters.in_shared_memory |= name == kRegion;
    if (Status status = values_.add(name, value, parameters.entries); !status.ok()) return status;
  }
  return {};
}

Status Builder::read_shape(dom::object input, std::string_view where) {
  const auto element = find(input, "shape");
  dom::array array;
  if (!element || element->get(array) != simdjson::SUCCESS)
    return cannot_parse("shape", where, "an array of numbers", element).error();
  models::Shape& shape = shapes_.emplace_back();
  for (const dom::element each : array) {
    const auto dimension = number_of<std::int64_t>(each);
    if (!dimension) return cannot_parse("shape", where, "an array of whole numbers", each).error();
    shape.push_back(*dimension);
  }
  return {};
}

Status Builder::add_binary(std::string_view input, std::uint64_t bytes) {
  if (bytes > rest_.size())
    return invalid(concat("unexpected size for input '", input, "', expecting ", bytes - rest_.size(),
                          " additional bytes for model '", model_, "': of its ", bytes,
                          " bytes of binary data ", rest_.size(),
                          " follow the JSON; Inference-Header-Content-Length is the length of the JSON"))
        .error();
  raw_.push_back(rest_.first(bytes));
  rest_ = rest_.subspan(bytes);
  return {};
}

/// A datatype or a shape that is none is told where requests of every form are checked: no values then.
Status Builder::add_values(std::string_view name, std::string_view datatype, dom::object input,
                           const InputParameters& parameters) {
  const auto data = find(input, "data");
  const int given =
      int{data.has_value()} + int{parameters.binary_bytes.has_value()} + int{parameters.in_shared_memory};
  if (given != 1)
    return invalid(concat("Input must set only one of the following fields: 'data', '", kBinarySize,
                          "' in 'parameters', '", kRegion, "' in 'parameters'. But",
                          given == 0 ? " no field is set" : " set", data ? " 'data'" : "",
                          parameters.binary_bytes ? concat(" '", kBinarySize, "'") : "",
                          parameters.in_shared_memory ? concat(" '", kRegion, "'") : "", "; input '", name,
                          "'"))
        .error();
  if (parameters.in_shared_memory) return {};
  if (parameters.binary_bytes) return add_binary(name, *parameters.binary_bytes);
  const models::Shape& shape = shapes_.back();
  const auto type = models::parse_data_type(datatype);
  const auto elements = models::element_count(shape);
  Buffer& values = contents_.emplace_back();
  if (type && elements) {
    Result<Buffer> read = read_values(TensorHead{name, *type, shape, *elements}, *data);
    if (!read) return read.error();
    values = *std::move(read);
  }
  raw_.push_back(values.bytes());
  return {};
}

Status Builder::read_input(std::size_t index, dom::element element) {
  const std::string nameless = concat("inputs[", index, "]");
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return must_be(nameless, "an object", element).error();
  const auto name = text_of(object, "name", nameless);
  if (!name) return name.error();
  const std::string where = concat("input \"", *name, "\"");
  const auto datatype = text_of(object, "datatype", where);
  if (!datatype) return datatype.error();
  if (Status status = read_shape(object, where); !status.ok()) return status;
  InputParameters parameters;
  if (Status status = read_input_parameters(object, where, parameters); !status.ok()) return status;
  if (Status status = add_values(*name, *datatype, object, parameters); !status.ok()) return status;
  inputs_.push_back({.name = *name,
                     .datatype = *datatype,
                     .shape = shapes_.back(),
                     .parameters = input_parameters_.emplace_back(std::move(parameters.entries))});
  return {};
}

Status Builder::read_inputs(dom::object request) {
  const auto element = find(request, "inputs");
  dom::array array;
  if (!element || element->get(array) != simdjson::SUCCESS)
    return cannot_parse("inputs", "the request", "an array", element).error();
  std::size_t index = 0;
  for (const dom::element each : array) {
    if (Status status = read_input(index++, each); !status.ok()) return status;
  }
  if (rest_.empty()) return {};
  return invalid(concat("unexpected additional input data for model '", model_, "': ", rest_.size(),
                        " bytes follow the binary data of the last input; a request is its ",
                        "JSON (Inference-Header-Content-Length bytes) and each input's \"", kBinarySize,
                        "\" bytes"))
      .error();
}

Status Builder::read_output(std::size_t index, dom::element element) {
  const std::string where = concat("outputs[", index, "]");
  dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return must_be(where, "an object", element).error();
  const auto name = text_of(object, "name", where);
  if (!name) return name.error();
  const auto parameters = find_object(object, "parameters", where);
  if (!parameters) return parameters.error();
  auto& entries = output_parameters_.emplace_back();
  std::optional<OutputForm> form;
  if (*parameters) {
    for (const auto [key, value] : **parameters) {
      bool binary = false;
      if (key != kBinary) {
        if (key == kRegion) form = OutputForm::kElsewhere;
        if (Status status = values_.add(key, value, entries); !status.ok()) return status;
      } else if (value.get(binary) != simdjson::SUCCESS) {
        return cannot_parse(key, where, "a bool", value).error();
      } else if (form != OutputForm::kElsewhere) {
        form = form_of(binary);
      }
    }
  }
  if (form) forms_.by_name.emplace_back(*name, *form);
  outputs_.push_back({.name = *name, .parameters = entries});
  return {};
}

Status Builder::read_outputs(dom::object request) {
  const auto element = find(request, "outputs");
  if (!element) return {};
  dom::array array;
  if (element->get(array) != simdjson::SUCCESS)
    return cannot_parse("outputs", "the request", "an array", element).error();
  std::size_t index = 0;
  for (const dom::element each : array) {
    if (Status status = read_output(index++, each); !status.ok()) return status;
  }
  return {};
}

Status Builder::read(dom::object request) {
  if (find(request, "id")) {
    const auto id = text_of(request, "id", "the request");
    if (!id) return id.error();
    fields_.id = *id;
  }
  if (Status status = read_request_parameters(request); !status.ok()) return status;
  if (Status status = read_inputs(request); !status.ok()) return status;
  return read_outputs(request);
}

}  // namespace

OutputForm OutputForms::of(std::string_view output) const {
  const auto said = std::ranges::find(by_name, output, &std::pair<std::string, OutputForm>::first);
  return said != by_name.end() ? said->second : otherwise;
}

Result<InferRequest> read_infer_request(const ModelName& name, std::string_view body,
                                        std::optional<std::size_t> json_bytes) {
  const std::size_t json_size = std::min(json_bytes.value_or(body.size()), body.size());
  const Result<JsonDocument> document = JsonDocument::parse(body.substr(0, json_size), kHint);
  if (!document) return std::unexpected{document.error()};
  dom::object request;
  if (document->root().get(request) != simdjson::SUCCESS)
    return must_be("the request", "an object", document->root());
  Builder builder{name, body, json_size};
  if (Status status = builder.read(request); !status.ok()) return std::unexpected{std::move(status)};
  return std::move(builder).take();
}

Result<std::size_t> read_header_length(std::string_view field, std::size_t body_bytes) {
  std::size_t length = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
  if (error == std::errc{} && end == field.data() + field.size() && length <= body_bytes) return length;
  if (error == std::errc{} && end == field.data() + field.size())
    return invalid(concat("inference header size should be in range (0, ", body_bytes, "), got: ", field));
  return invalid(concat("Unable to parse Inference-Header-Content-Length, got: ", field,
                        "; it is a number from 0 to ", body_bytes, ", the length of the body"));
}

}  // namespace parlance::dialects::kserve::rest
