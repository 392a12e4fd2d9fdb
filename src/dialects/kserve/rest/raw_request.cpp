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

constexpr std::string_view kRule = "a body without JSON has the raw values of a model's only input";

/// The shape that so many bytes have.
Result<models::Shape> shape_of(models::Shape shape, std::size_t element_bytes, std::size_t bytes) {
  const std::string written = models::to_string(shape);
  auto unknown = std::ranges::count(shape, models::kAnyDimension);
  if (unknown > 1 && shape.front() == models::kAnyDimension) {
    shape.front() = 1;
    --unknown;
  }
  if (unknown > 1)
    return invalid(concat(kRule, "; one of the shape ", written, " needs its shape said in JSON"));
  if (unknown == 0) return shape;
  const auto one = std::ranges::find(shape, models::kAnyDimension);
  *one = 1;
  const std::size_t row_bytes = models::element_count(shape).value_or(0) * element_bytes;
  if (row_bytes == 0 || bytes % row_bytes != 0)
    return invalid(concat(kRule, "; one of the shape ", written, " needs a multiple of ", row_bytes,
                          " bytes, got ", bytes));
  *one = static_cast<std::int64_t>(bytes / row_bytes);
  return shape;
}

}  // namespace

Result<InferRequest> read_raw_request(const ModelName& name, Bytes metadata, std::string_view body) {
  const auto model = wire::Parsed<Metadata>::of(metadata);
  require(model.has_value(), "the server's own message");
  const auto inputs = (*model)->inputs();
  if (inputs.size() != 1) return invalid(concat(kRule, "; model \"", name.model, "\" has ", inputs.size()));
  const auto input = *inputs.begin();
  const auto type = models::parse_data_type(input.datatype());
  require(type.has_value(), "the server names datatypes that it knows");
  const bool is_text = *type == models::DataType::kBytes;
  models::Shape declared;
  for (const std::int64_t dimension : input.shape()) declared.push_back(dimension);
  const Result<models::Shape> shape = is_text ? models::Shape(declared.size(), 1)
                                              : shape_of(declared, models::size_bytes(*type), body.size());
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
