#include "dialects/kserve/bad_input.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <optional>
#include <set>
#include <string>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "models/byte_elements.h"
#include "models/shape.h"

namespace parlance::dialects::kserve {
namespace {

using Request = ::inference::ModelInferRequestView;
using Input = Request::InferInputTensor;
using models::DataType;
using models::TensorSpec;

/// "'x' for model 'm'"
std::string of_model(const Request& request, std::string_view name) {
  return concat("'", name, "' for model '", request.model_name(), "'");
}

/// "[1,64]"
template <typename Dimensions>
std::string list(const Dimensions& dimensions) {
  std::string text = "[";
  for (const std::int64_t dimension : dimensions) text += concat(text.size() > 1 ? "," : "", dimension);
  return text += ']';
}

/// "['a','b']"
std::string quoted(const std::set<std::string_view>& names) {
  std::string text = "[";
  for (const std::string_view name : names) text += concat(text.size() > 1 ? "," : "", "'", name, "'");
  return text += ']';
}

std::string names_of(std::span<const TensorSpec> specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + spec.name;
  return text;
}

bool has_negative(const models::Shape& shape) {
  return std::ranges::any_of(shape, [](std::int64_t dimension) { return dimension < 0; });
}

/// Of as many inputs as there are specs, whose names differ, each has another of them.
bool has_names_of(const Request& request, std::span<const TensorSpec> specs) {
  if (request.inputs().size() != specs.size()) return false;
  return std::ranges::all_of(specs, [&](const TensorSpec& spec) {
    for (const Input input : request.inputs())
      if (input.name() == spec.name) return true;
    return false;
  });
}

std::unexpected<Status> wrong_number(const Request& request, const std::set<std::string_view>& given,
                                     std::span<const TensorSpec> specs) {
  std::set<std::string_view> missing;
  for (const TensorSpec& spec : specs)
    if (!given.contains(spec.name)) missing.insert(spec.name);
  return refused(request, concat("expected ", specs.size(), " inputs but got ", given.size(),
                                 " inputs for model '", request.model_name(), "'. Got input(s) ",
                                 quoted(given), ", but missing required input(s) ", quoted(missing),
                                 ". Please provide all required input(s)."));
}

std::unexpected<Status> wrong_datatype(const Request& request, const Input& input, DataType expected) {
  const bool is_known = models::parse_data_type(input.datatype()).has_value();
  return refused(request, concat("inference input '", input.name(), "' data-type is '",
                                 is_known ? input.datatype() : "<invalid>", "', but model '",
                                 request.model_name(), "' expects '", models::to_string(expected), "'",
                                 is_known ? ""
                                          : concat("; there is no \"", input.datatype(),
                                                   "\", datatypes are spelled like FP32, INT64, UINT8")));
}

std::unexpected<Status> wrong_shape(const Request& request, const Input& input, const models::Shape& shape,
                                    const models::Shape& expected) {
  if (std::ranges::find(shape, models::kAnyDimension) != shape.end())
    return refused(request, concat("All input dimensions should be specified for input ",
                                   of_model(request, input.name()), ", got ", list(shape)));
  if (has_negative(shape))
    return invalid(
        concat("tensor '", input.name(), "' contains an invalid dimension in shape ", list(shape)));
  return refused(request, concat("unexpected shape for input ", of_model(request, input.name()),
                                 ". Expected ", list(expected), ", got ", list(shape)));
}

/// In Triton's order: what is met first, from the first byte on.
Status check_elements(const Request& request, std::string_view name, std::size_t elements, Bytes raw) {
  std::size_t observed = 0;
  while (!raw.empty()) {
    if (raw.size() < models::kElementLengthBytes)
      return refused(request, concat("incomplete string length indicator for inference input ",
                                     of_model(request, name), ", expecting ", models::kElementLengthBytes,
                                     " bytes but only ", raw.size(), " bytes available"))
          .error();
    if (++observed > elements) return wrong_elements(request, name, elements, observed).error();
    std::uint32_t length = 0;
    std::memcpy(&length, raw.data(), sizeof length);
    raw = raw.subspan(models::kElementLengthBytes);
    if (length > raw.size())
      return refused(request, concat("incomplete string data for inference input ", of_model(request, name),
                                     ", expecting string of length ", length, " but only ", raw.size(),
                                     " bytes available"))
          .error();
    raw = raw.subspan(length);
  }
  if (observed == elements) return {};
  return wrong_elements(request, name, elements, observed).error();
}

}  // namespace

std::unexpected<Status> refused(const Request& request, std::string_view text) {
  const std::string_view id = request.id();
  return invalid(concat("[request id: ", id.empty() ? "<id_unknown>" : id, "] ", text));
}

std::unexpected<Status> unexpected_input(const Request& request, std::string_view name,
                                         std::span<const TensorSpec> known) {
  return invalid(
      concat("unexpected inference input ", of_model(request, name), "; the inputs are: ", names_of(known)));
}

std::unexpected<Status> unexpected_output(const Request& request, std::string_view name,
                                          std::span<const TensorSpec> known) {
  return invalid(concat("unexpected inference output ", of_model(request, name),
                        "; the outputs are: ", names_of(known)));
}

std::unexpected<Status> wrong_elements(const Request& request, std::string_view input, std::size_t expected,
                                       std::size_t observed) {
  if (observed > expected)
    return refused(request, concat("unexpected number of string elements ", observed, " for inference input ",
                                   of_model(request, input), ", expecting ", expected));
  return refused(request, concat("expected ", expected, " string elements for inference input ",
                                 of_model(request, input), ", got ", observed));
}

std::unexpected<Status> no_values(const Request& request, std::string_view input) {
  return invalid(
      concat("unable to find data for input tensor ", of_model(request, input),
             " in request; raw_input_contents has one entry for each input that is not in shared memory"));
}

Status check_names(const Request& request, std::span<const TensorSpec> specs) {
  if (has_names_of(request, specs)) return {};
  std::set<std::string_view> given;
  for (const Input input : request.inputs()) {
    if (!given.insert(input.name()).second)
      return refused(request, concat("input '", input.name(), "' already exists in request")).error();
  }
  if (given.size() != specs.size()) return wrong_number(request, given, specs).error();
  for (const std::string_view name : given) {
    if (std::ranges::find(specs, name, &TensorSpec::name) == specs.end())
      return unexpected_input(request, name, specs).error();
  }
  return {};
}

Result<models::Shape> read_shape(const Request& request, const Input& input, const TensorSpec& spec) {
  if (input.datatype() != models::to_string(spec.type)) return wrong_datatype(request, input, spec.type);
  models::Shape shape;
  for (const std::int64_t dimension : input.shape()) shape.push_back(dimension);
  if (!models::fits(shape, spec.shape)) return wrong_shape(request, input, shape, spec.shape);
  constexpr std::size_t kMost = std::numeric_limits<std::int64_t>::max();
  const std::size_t elements = models::element_count(shape).value_or(kMost + 1);
  if (elements <= kMost / models::least_size_bytes(spec.type)) return shape;
  return invalid(concat(elements > kMost ? "element count" : "byte size", " for tensor '", input.name(),
                        "' exceeds maximum size of ", kMost));
}

Status check_raw_contents(const Request& request) {
  const std::size_t raw = request.raw_input_contents().size();
  if (raw == 0) return {};
  std::size_t needed = 0;
  for (const Input input : request.inputs()) {
    if (is_in_shared_memory(input)) continue;
    if (input.has_contents())
      return invalid(concat("contents field must not be specified when using raw_input_contents for ",
                            of_model(request, input.name())))
          .error();
    if (++needed > raw) return no_values(request, input.name()).error();
  }
  if (needed == raw) return {};
  return invalid(concat("raw_input_contents has ", raw, " entries for ", needed,
                        " inputs; it needs one for each"))
      .error();
}

Status check_values(const Request& request, std::string_view name, DataType type, std::size_t elements,
                    Bytes raw) {
  if (type == DataType::kBytes) return check_elements(request, name, elements, raw);
  const std::size_t size_bytes = elements * models::size_bytes(type);
  if (raw.size() == size_bytes) return {};
  return refused(request, concat("input byte size mismatch for input ", of_model(request, name),
                                 ". Expected ", size_bytes, ", got ", raw.size()))
      .error();
}

bool is_in_shared_memory(const Input& input) { return input.parameters().contains("shared_memory_region"); }

}  // namespace parlance::dialects::kserve
