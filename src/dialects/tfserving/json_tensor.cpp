#include "dialects/tfserving/json_tensor.h"

#include <concepts>
#include <cstdint>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/data_types.h"
#include "grpc/error_details.h"
#include "models/byte_elements.h"
#include "models/number_type.h"

namespace parlance::dialects::tfserving {
namespace {

namespace dom = simdjson::dom;
using models::DataType;
using models::Shape;

/// The length of the first array on each level.
Shape shape_of(dom::element value) {
  Shape shape;
  dom::array array;
  while (value.get(array) == simdjson::SUCCESS) {
    shape.push_back(static_cast<std::int64_t>(array.size()));
    if (shape.back() == 0) break;
    value = *array.begin();
  }
  return shape;
}

std::string comma_separated(const Shape& shape) {
  std::string text;
  for (const std::int64_t size : shape) text += concat(text.empty() ? "" : ",", size);
  return concat("[", text, "]");
}

template <std::integral T>
std::optional<T> typed_number(dom::element value) {
  if constexpr (std::same_as<T, bool>) {
    if (!value.is_bool()) return std::nullopt;
  }
  return number_of<T>(value);
}
template <std::floating_point T>
std::optional<T> typed_number(dom::element value) {
  if (const auto special = special_number(value)) return static_cast<T>(*special);
  return number_of<T>(value);
}

}  // namespace

Status JsonTensor::add(dom::element value) {
  const Shape shape = shape_of(value);
  size_ = 0;
  if (Status status = fill(value, 0, shape); !status.ok()) return status;
  ++count_;
  if (!shape_) {
    shape_ = shape;
    first_size_ = size_;
  } else if (size_ != first_size_) {
    return invalid(concat("Expecting tensor size: ", first_size_, " but got: ", size_)).error();
  } else if (shape != *shape_) {
    return invalid(concat("Expecting shape ", comma_separated(*shape_), " but got: ", comma_separated(shape)))
        .error();
  }
  return {};
}

Status JsonTensor::fill(dom::element value, std::size_t level, const Shape& shape) {
  dom::array array;
  if (value.get(array) != simdjson::SUCCESS) {
    if (level == shape.size()) return put(value);
    return invalid(concat("JSON Value: ", shown(value), " found at incorrect level: ", level + 1,
                          " in the JSON DOM. Expected at level: ", shape.size()))
        .error();
  }
  if (level >= shape.size())
    return invalid(concat("Encountered list at unexpected level: ", level, " expected < ", shape.size()))
        .error();
  std::int64_t count = 0;
  for ([[maybe_unused]] const dom::element each : array) ++count;  // size() stops counting at 2^24
  if (count != shape[level])
    return invalid(concat("Encountered list at unexpected size: ", count, " at level: ", level,
                          " expected size: ", shape[level]))
        .error();
  for (const dom::element each : array) {
    if (Status status = fill(each, level + 1, shape); !status.ok()) return status;
  }
  return {};
}

Status JsonTensor::put(dom::element value) {
  ++size_;
  if (spec_.type == DataType::kBytes) return put_text(value);
  auto status = models::with_number_type(
      spec_.type, [&]<typename T>(std::type_identity<T>) { return put_number<T>(value); });
  if (status) return *std::move(status);
  return grpc::make_error(
      StatusCode::kUnimplemented, "MODEL_CANNOT",
      concat("Conversion of JSON Value: ", shown(value), " to type: ", name_of(to_tensorflow(spec_.type))),
      {{"hop", "server"}});
}

template <typename T>
Status JsonTensor::put_number(dom::element value) {
  const std::optional<T> number = typed_number<T>(value);
  if (!number) return wrong_type(value);
  bytes_.append(reinterpret_cast<const char*>(&*number), sizeof *number);
  return {};
}

Status JsonTensor::put_text(dom::element value) {
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    models::append_element(bytes_, text);
    return {};
  }
  if (!value.is_object()) return wrong_type(value);
  const std::optional<std::string_view> base64 = base64_of(value);
  if (!base64)
    return invalid(concat("JSON Value: ", shown(value), " not formatted correctly for base64 data")).error();
  const Result<std::string> bytes = decode_base64(*base64);
  if (!bytes) return bytes.error();
  models::append_element(bytes_, *bytes);
  return {};
}

Status JsonTensor::wrong_type(dom::element value) const {
  return invalid(concat("JSON Value: ", shown(value), " Type: ", type_of(value),
                        " is not of expected type: ", name_of(to_tensorflow(spec_.type))))
      .error();
}

models::Tensor JsonTensor::rows() const {
  Shape shape = shape_.value_or(Shape{});
  shape.insert(shape.begin(), count_);
  return tensor(std::move(shape));
}

models::Tensor JsonTensor::tensor(Shape shape) const {
  return models::Tensor::owning(spec_.name, spec_.type, std::move(shape), Buffer::copy_of(as_bytes(bytes_)));
}

}  // namespace parlance::dialects::tfserving
