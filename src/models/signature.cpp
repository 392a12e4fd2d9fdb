#include "models/signature.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "grpc/error_details.h"
#include "models/byte_elements.h"

namespace parlance::models {
namespace {

Status bad_input(std::string message) {
  return grpc::make_error(StatusCode::kInvalidArgument, "INVALID_INPUT", std::move(message),
                          {{"hop", "server"}});
}

const TensorSpec* find(const std::vector<TensorSpec>& specs, std::string_view name) {
  const auto at = std::ranges::find(specs, name, &TensorSpec::name);
  return at == specs.end() ? nullptr : &*at;
}

std::string names(const std::vector<TensorSpec>& specs) {
  std::string text;
  for (const TensorSpec& spec : specs) text += (text.empty() ? "" : ", ") + spec.name;
  return text;
}

/// Nothing: its bytes are no whole number of elements.
std::optional<std::size_t> elements_of(const Tensor& tensor) {
  if (tensor.type() == DataType::kBytes) return count_elements(tensor.bytes());
  const std::size_t element_bytes = size_bytes(tensor.type());
  if (tensor.bytes().size() % element_bytes != 0) return std::nullopt;
  return tensor.bytes().size() / element_bytes;
}

Status check(const Tensor& tensor, const TensorSpec& spec) {
  if (tensor.type() != spec.type)
    return bad_input(fmt::format("Input \"{}\" must be {}, got {}", spec.name, to_string(spec.type),
                                 to_string(tensor.type())));
  if (!fits(tensor.shape(), spec.shape))
    return bad_input(fmt::format("Input \"{}\" must have the shape {}, got {}", spec.name,
                                 to_string(spec.shape), to_string(tensor.shape())));
  const std::optional<std::size_t> elements = element_count(tensor.shape());
  if (!elements || elements_of(tensor) != *elements)
    return bad_input(fmt::format("Input \"{}\" of shape {} does not have the {} bytes it came with",
                                 spec.name, to_string(tensor.shape()), tensor.bytes().size()));
  return {};
}

bool compatible(const Shape& a, const Shape& b) {
  return std::ranges::equal(a, b, [](std::int64_t left, std::int64_t right) {
    return left == right || left == kAnyDimension || right == kAnyDimension;
  });
}

}  // namespace

std::string to_string(const TensorSpec& spec) {
  return fmt::format("{} {} {}", spec.name, to_string(spec.type), to_string(spec.shape));
}

Result<Tensors> bind_inputs(const Signature& signature, Tensors given) {
  const std::vector<TensorSpec>& specs = signature.inputs;
  if (given.size() == 1 && specs.size() == 1 &&
      (given[0].name().empty() || given[0].name() == specs[0].name)) {
    if (Status status = check(given[0], specs[0]); !status.ok()) return std::unexpected{std::move(status)};
    return given;
  }
  for (const Tensor& tensor : given) {
    if (find(specs, tensor.name()) == nullptr)
      return std::unexpected{bad_input(
          fmt::format("There is no input \"{}\"; the inputs are: {}", tensor.name(), names(specs)))};
  }
  Tensors bound;
  bound.reserve(specs.size());
  for (const TensorSpec& spec : specs) {
    const auto at = std::ranges::find(given, spec.name, &Tensor::name);
    if (at == given.end())
      return std::unexpected{bad_input(fmt::format("Input \"{}\" is missing", spec.name))};
    if (std::ranges::count(given, spec.name, &Tensor::name) > 1)
      return std::unexpected{bad_input(fmt::format("Input \"{}\" is there more than once", spec.name))};
    if (Status status = check(*at, spec); !status.ok()) return std::unexpected{std::move(status)};
    bound.push_back(*at);
  }
  return bound;
}

Status check_declared(const std::vector<TensorSpec>& declared, const std::vector<TensorSpec>& actual,
                      std::string_view kind) {
  const auto differs = [](std::string message) {
    return Status{StatusCode::kFailedPrecondition, std::move(message)};
  };
  for (const TensorSpec& spec : declared) {
    const TensorSpec* found = find(actual, spec.name);
    if (found == nullptr)
      return differs(fmt::format("the configuration declares the {} \"{}\", the model has: {}", kind,
                                 spec.name, names(actual)));
    if (found->type != spec.type || !compatible(spec.shape, found->shape))
      return differs(fmt::format("the configuration declares the {} {}, the model has {}", kind,
                                 to_string(spec), to_string(*found)));
  }
  for (const TensorSpec& spec : actual) {
    if (find(declared, spec.name) == nullptr)
      return differs(
          fmt::format("the configuration does not declare the {} \"{}\" of the model", kind, spec.name));
  }
  return {};
}

}  // namespace parlance::models
