#include "dialects/torchserve/tensor_input.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/json_document.h"
#include "grpc/error_details.h"
#include "models/number_type.h"
#include "models/shape.h"

namespace parlance::dialects::torchserve {
namespace {

namespace dom = simdjson::dom;
using models::DataType;
using models::Shape;
using models::Tensor;
using models::TensorSpec;

constexpr std::string_view kHint =
    "send the model's numbers as a JSON array, or an object of arrays by input";

std::unexpected<Status> wrong(const TensorSpec& spec, std::string_view what) {
  return invalid(concat("Input \"", spec.name, "\" ", what));
}

/// The lengths of the first array on each level, down to `levels`.
Shape first_lengths(dom::element element, std::size_t levels) {
  Shape shape;
  dom::array array;
  while (shape.size() < levels && element.get(array) == simdjson::SUCCESS) {
    shape.push_back(static_cast<std::int64_t>(array.size()));
    if (shape.back() == 0) break;
    element = *array.begin();
  }
  return shape;
}

/// Copies the numbers of an element that must have a shape.
template <typename T>
class Filler {
 public:
  Filler(const TensorSpec& spec, const Shape& shape, MutableBytes to)
      : spec_(spec), shape_(shape), at_(reinterpret_cast<T*>(to.data())) {}

  Status fill(dom::element element, std::size_t level = 0) {
    if (level == shape_.size()) return put(element);
    dom::array array;
    if (element.get(array) != simdjson::SUCCESS) return uneven();
    std::int64_t count = 0;
    for (const dom::element each : array) {
      if (++count > shape_[level]) return uneven();
      if (Status status = fill(each, level + 1); !status.ok()) return status;
    }
    return count == shape_[level] ? Status{} : uneven();
  }

 private:
  Status put(dom::element element) {
    const std::optional<T> number = number_of<T>(element);
    if (number) {
      *at_++ = *number;
      return {};
    }
    if (element.is_array() && shape_.size() < spec_.shape.size()) return uneven();
    if (element.is_array())
      return wrong(spec_, concat("has arrays in more than its ", spec_.shape.size(), " dimensions")).error();
    return wrong(spec_, concat("has ", value_of(element), ", which is no ", models::to_string(spec_.type)))
        .error();
  }
  Status uneven() const {
    return wrong(spec_, concat("has arrays of different lengths; its first ones have the shape ",
                               models::to_string(shape_)))
        .error();
  }
  static std::string value_of(dom::element element) {
    const bool is_number = element.is_number();
    return is_number ? concat("the number ", simdjson::minify(element)) : std::string{kind_of(element)};
  }

  const TensorSpec& spec_;
  const Shape& shape_;
  T* at_;
};

template <typename T>
Result<Buffer> values_of(const TensorSpec& spec, const Shape& shape, std::size_t count,
                         dom::element element) {
  Buffer buffer = Buffer::allocate(count * sizeof(T));
  Status status = Filler<T>{spec, shape, buffer.writable()}.fill(element);
  if (!status.ok()) return std::unexpected{std::move(status)};
  return buffer;
}

Result<Buffer> values_of_type(const TensorSpec& spec, const Shape& shape, std::size_t count,
                              dom::element element) {
  auto values = models::with_number_type(spec.type, [&]<typename T>(std::type_identity<T>) {
    return values_of<T>(spec, shape, count, element);
  });
  if (values) return *std::move(values);
  return std::unexpected{grpc::make_error(
      StatusCode::kUnimplemented, "MODEL_CANNOT",
      concat("Input \"", spec.name, "\" is ", models::to_string(spec.type),
             ", which JSON has no numbers for; call the model over another of the server's protocols"),
      {{"hop", "server"}})};
}

/// `most` elements are as many as the text can have: what claims more is uneven, and not worth the memory.
Status read_input(const TensorSpec& spec, dom::element element, std::size_t most, TensorInput& input) {
  Shape shape = first_lengths(element, spec.shape.size());
  const std::optional<std::size_t> count = models::element_count(shape);
  if (!count || *count > most)
    return wrong(spec, concat("has arrays of different lengths; its first ones have the shape ",
                              models::to_string(shape)))
        .error();
  Result<Buffer> values = values_of_type(spec, shape, *count, element);
  if (!values) return std::move(values).error();
  if (shape.size() + 1 == spec.shape.size()) {
    shape.insert(shape.begin(), 1);
    input.is_one_row = true;
  }
  input.tensors.push_back(Tensor::owning(spec.name, spec.type, std::move(shape), *std::move(values)));
  return {};
}

Status read_by_name(const models::Signature& signature, dom::object object, std::size_t most,
                    TensorInput& input) {
  for (const dom::key_value_pair field : object) {
    const auto spec = std::ranges::find(signature.inputs, field.key, &TensorSpec::name);
    if (spec == signature.inputs.end()) {
      std::string known;
      for (const TensorSpec& each : signature.inputs) known += (known.empty() ? "" : ", ") + each.name;
      return invalid(concat("There is no input \"", field.key, "\"; the inputs are: ", known)).error();
    }
    if (Status status = read_input(*spec, field.value, most, input); !status.ok()) return status;
  }
  return {};
}

Status read_all(const models::Signature& signature, dom::element root, std::size_t most, TensorInput& input) {
  dom::object object;
  if (root.get(object) == simdjson::SUCCESS) return read_by_name(signature, object, most, input);
  if (signature.inputs.size() == 1) return read_input(signature.inputs[0], root, most, input);
  return invalid(concat("input is ", kind_of(root), "; a model of ", signature.inputs.size(),
                        " inputs takes a JSON object of arrays by input"))
      .error();
}

}  // namespace

Result<TensorInput> to_tensors(const models::Signature& signature, std::string_view json) {
  Result<JsonDocument> document = JsonDocument::parse(json, kHint);
  if (!document) return std::unexpected{std::move(document).error()};
  TensorInput input;
  Status status = read_all(signature, document->root(), json.size(), input);
  if (!status.ok()) return std::unexpected{std::move(status)};
  return input;
}

}  // namespace parlance::dialects::torchserve
