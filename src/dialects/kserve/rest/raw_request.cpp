#include "dialects/kserve/rest/raw_request.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/rest/message.h"
#include "kserve/grpc_service.views.h"
#include "models/byte_elements.h"
#include "models/data_type.h"
#include "models/shape.h"
#include "wire/parsed.h"

namespace parlance::dialects::kserve::rest {
namespace {

using Fields = ::inference::ModelInferRequestFields;
using Metadata = ::inference::ModelMetadataResponseView;

/// In Triton's words, which has an id of no such request.
std::unexpected<Status> refused(std::string_view text) {
  return invalid(concat("[request id: <id_unknown>] ", text));
}

/// The shape that so many bytes of `input` have.
Result<models::Shape> shape_of(std::string_view input, models::Shape shape, std::size_t element_bytes,
                               std::size_t bytes) {
  auto unknown = std::ranges::count(shape, models::kAnyDimension);
  if (unknown > 1 && shape.front() == models::kAnyDimension) {
    shape.front() = 1;
    --unknown;
  }
  if (unknown > 1)
    return refused(concat("The shape of the raw input '", input, "' can not be deduced because there are ",
                          "more than one variable-sized dimension; say it in JSON"));
  if (unknown == 0) return shape;
  const auto one = std::ranges::find(shape, models::kAnyDimension);
  *one = 1;
  const std::size_t row_bytes = models::element_count(shape).value_or(0) * element_bytes;
  if (row_bytes == 0 || bytes % row_bytes != 0)
    return refused(concat("input byte size mismatch for input '", input, "'. Expected a multiple of ",
                          row_bytes, ", got ", bytes));
  *one = static_cast<std::int64_t>(bytes / row_bytes);
  return shape;
}

}  // namespace

Result<InferRequest> read_raw_request(const ModelName& name, Bytes metadata, std::string_view body) {
  const auto model = wire::Parsed<Metadata>::of(metadata);
  require(model.has_value(), "the server's own message");
  const auto inputs = (*model)->inputs();
  if (inputs.size() != 1)
    return refused(concat("Raw request must only have 1 input (found 1) to be deduced but got ",
                          inputs.size(), " inputs in '", name.model, "' model configuration"));
  const auto input = *inputs.begin();
  const auto type = models::parse_data_type(input.datatype());
  require(type.has_value(), "the server names datatypes that it knows");
  const bool is_text = *type == models::DataType::kBytes;
  models::Shape declared;
  for (const std::int64_t dimension : input.shape()) declared.push_back(dimension);
  const Result<models::Shape> shape =
      is_text ? models::Shape(declared.size(), 1)
              : shape_of(input.name(), declared, models::size_bytes(*type), body.size());
  if (!shape) return std::unexpected{shape.error()};

  const std::array<Fields::InferInputTensor, 1> tensors{
      {{.name = input.name(), .datatype = input.datatype(), .shape = *shape}}};
  std::string element;
  if (is_text) models::append_element(element, body);
  const std::array<std::string_view, 1> raw{is_text ? std::string_view{element} : body};
  const Fields fields{
      .model_name = name.model, .model_version = name.version, .inputs = tensors, .raw_input_contents = raw};
  return InferRequest{.message = serialize(fields),
                      .forms = {.otherwise = OutputForm::kBinary, .by_name = {}}};
}

}  // namespace parlance::dialects::kserve::rest
