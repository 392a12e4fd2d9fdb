#include "dialects/tfserving/tensor_input.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/data_types.h"
#include "dialects/tfserving/errors.h"
#include "models/byte_elements.h"
#include "models/shape.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Shape;
using models::Tensor;
using models::TensorSpec;
using ::tensorflow::TensorProtoView;
using ::tensorflow::TensorShapeProtoView;
using ::tensorflow::serving::PredictRequestView;

using Given = std::map<std::string_view, TensorProtoView>;

/// "{a,b}"
template <typename Names>
std::string set_of(const Names& names) {
  std::string text;
  for (const std::string_view name : names) text += concat(text.empty() ? "" : ",", name);
  return concat("{", text, "}");
}

std::unexpected<Status> wrong_count(const std::vector<TensorSpec>& specs, const Given& given) {
  std::vector<std::string_view> sent, extra, needed, missing;
  for (const auto& [name, tensor] : given) sent.push_back(name);
  for (const TensorSpec& spec : specs) needed.emplace_back(spec.name);
  std::ranges::sort(needed);
  std::ranges::set_difference(sent, needed, std::back_inserter(extra));
  std::ranges::set_difference(needed, sent, std::back_inserter(missing));
  return invalid(concat("input size does not match signature: ", sent.size(), "!=", needed.size(), " len(",
                        set_of(sent), ") != len(", set_of(needed), "). Sent extra: ", set_of(extra),
                        ". Missing but required: ", set_of(missing), "."));
}

std::unexpected<Status> unknown_input(const std::vector<TensorSpec>& specs, std::string_view name) {
  std::vector<std::string_view> known;
  for (const TensorSpec& spec : specs) known.emplace_back(spec.name);
  std::ranges::sort(known);
  return invalid(concat("input tensor alias not found in signature: ", name,
                        ". Inputs expected to be in the set ", set_of(known), "."));
}

std::unexpected<Status> unreadable(const TensorSpec& spec, std::string_view why) {
  return invalid(concat("tensor parsing error: ", spec.name, ": ", why));
}

Result<Shape> shape_of(const TensorSpec& spec, const TensorShapeProtoView& proto) {
  if (proto.unknown_rank()) return unreadable(spec, "its shape is not known");
  Shape shape;
  for (const auto dimension : proto.dim()) shape.push_back(dimension.size());
  if (!models::element_count(shape))
    return unreadable(spec, concat("its shape is ", models::to_string(shape)));
  return shape;
}

/// What a tensor is, before its values are looked at.
struct Head {
  const TensorSpec& spec;
  Shape shape;
  std::size_t count = 0;  // of elements
};

Tensor owning(Head head, Buffer values) {
  return Tensor::owning(head.spec.name, head.spec.type, std::move(head.shape), std::move(values));
}

/// As many values as the shape says of those there are.
template <typename T, typename Wire>
Result<Tensor> decode(Head head, const Wire& values) {
  if (values.size() < head.count && head.count > kMostRepeatedBytes / sizeof(T))
    return too_large(head.spec.name);
  Buffer buffer = Buffer::allocate(head.count * sizeof(T));
  T* const begin = reinterpret_cast<T*>(buffer.writable().data());
  T* const end = begin + head.count;
  T* at = begin;
  for (auto value = values.begin(); at != end && value != values.end(); ++value) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
      if (!std::in_range<T>(*value))
        return unreadable(head.spec, concat("the value ", *value, " is no ", symbol_of(head.spec.type)));
    }
    *at++ = static_cast<T>(*value);
  }
  std::fill(at, end, at == begin ? T{} : at[-1]);
  return owning(std::move(head), std::move(buffer));
}

template <typename T>
Result<Tensor> decode_floats(Head head, const wire::PackedFixed<T>& values) {
  if (values.size() != head.count) return decode<T>(std::move(head), values);
  return Tensor::borrowing(head.spec.name, head.spec.type, std::move(head.shape), values.bytes());
}

/// The bits of a half or a bfloat16.
Result<Tensor> decode_halves(Head head, const TensorProtoView& proto) {
  return decode<std::uint16_t>(std::move(head), proto.half_val());
}

Result<Tensor> strings(Head head, const std::vector<std::string_view>& values) {
  const std::string_view last = values.empty() ? std::string_view{} : values.back();
  const std::size_t repeated = head.count - std::min(head.count, values.size());
  if (repeated > kMostRepeatedBytes / (last.size() + models::kElementLengthBytes))
    return too_large(head.spec.name);
  std::string elements;
  for (std::size_t i = 0; i < head.count; ++i)
    models::append_element(elements, i < values.size() ? values[i] : last);
  return owning(std::move(head), Buffer::adopt(std::move(elements)));
}

Result<Tensor> decode_strings(Head head, const TensorProtoView& proto) {
  std::vector<std::string_view> values;
  for (const Bytes value : proto.string_val()) values.push_back(as_text(value));
  return strings(std::move(head), values);
}

/// A varint of 32 bits at the beginning of `content`, which loses it.
std::optional<std::uint32_t> take_length(std::string_view& content) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35 && !content.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(content.front());
    content.remove_prefix(1);
    length |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if (byte < 0x80U && length <= std::numeric_limits<std::uint32_t>::max())
      return static_cast<std::uint32_t>(length);
    if (byte < 0x80U) return std::nullopt;
  }
  return std::nullopt;
}

/// The lengths of all strings as varints, and then the strings.
Result<Tensor> strings_of_content(Head head, std::string_view content) {
  if (head.count > content.size()) return unreadable(head.spec, "tensor_content has too few strings");
  std::vector<std::uint32_t> lengths;
  for (std::size_t i = 0; i < head.count; ++i) {
    const std::optional<std::uint32_t> length = take_length(content);
    if (!length) return unreadable(head.spec, "tensor_content has no length of a string");
    lengths.push_back(*length);
  }
  std::vector<std::string_view> values;
  for (const std::uint32_t length : lengths) {
    if (length > content.size()) return unreadable(head.spec, "tensor_content is cut off");
    values.push_back(content.substr(0, length));
    content.remove_prefix(length);
  }
  if (!content.empty()) return unreadable(head.spec, "tensor_content is longer than its strings");
  return strings(std::move(head), values);
}

Result<Tensor> from_content(Head head, Bytes content) {
  if (head.spec.type == DataType::kBytes) return strings_of_content(std::move(head), as_text(content));
  const std::size_t element_bytes = models::size_bytes(head.spec.type);
  if (content.size() % element_bytes != 0 || content.size() / element_bytes != head.count)
    return unreadable(head.spec, concat("tensor_content has ", content.size(), " bytes, the shape ",
                                        models::to_string(head.shape), " does not"));
  return Tensor::borrowing(head.spec.name, head.spec.type, std::move(head.shape), content);
}

Result<Tensor> from_values(Head head, const TensorProtoView& proto) {
  switch (head.spec.type) {
    case DataType::kBool:
      return decode<bool>(std::move(head), proto.bool_val());
    case DataType::kUint8:
      return decode<std::uint8_t>(std::move(head), proto.int_val());
    case DataType::kUint16:
      return decode<std::uint16_t>(std::move(head), proto.int_val());
    case DataType::kUint32:
      return decode<std::uint32_t>(std::move(head), proto.uint32_val());
    case DataType::kUint64:
      return decode<std::uint64_t>(std::move(head), proto.uint64_val());
    case DataType::kInt8:
      return decode<std::int8_t>(std::move(head), proto.int_val());
    case DataType::kInt16:
      return decode<std::int16_t>(std::move(head), proto.int_val());
    case DataType::kInt32:
      return decode<std::int32_t>(std::move(head), proto.int_val());
    case DataType::kInt64:
      return decode<std::int64_t>(std::move(head), proto.int64_val());
    case DataType::kFp16:
    case DataType::kBf16:
      return decode_halves(std::move(head), proto);
    case DataType::kFp32:
      return decode_floats(std::move(head), proto.float_val());
    case DataType::kFp64:
      return decode_floats(std::move(head), proto.double_val());
    case DataType::kBytes:
      return decode_strings(std::move(head), proto);
  }
  return unreadable(head.spec, "it is of no type");
}

Result<Tensor> to_tensor(const TensorSpec& spec, std::size_t index, const TensorProtoView& proto) {
  if (proto.dtype() == TfDataType::DT_INVALID) return unreadable(spec, "it has no dtype");
  if (from_tensorflow(proto.dtype()) != spec.type)
    return invalid(concat("Expects arg[", index, "] to be ", name_of(to_tensorflow(spec.type)), " but ",
                          name_of(proto.dtype()), " is provided (input \"", spec.name, "\")"));
  Result<Shape> shape = shape_of(spec, proto.tensor_shape());
  if (!shape) return std::unexpected{std::move(shape).error()};
  const std::size_t count = *models::element_count(*shape);
  Head head{.spec = spec, .shape = *std::move(shape), .count = count};
  const Bytes content = proto.tensor_content();
  return content.empty() ? from_values(std::move(head), proto) : from_content(std::move(head), content);
}

}  // namespace

Result<models::Tensors> to_tensors(const models::Signature& signature, const PredictRequestView& request) {
  Given given;
  for (const auto [name, tensor] : request.inputs()) given.insert_or_assign(name, tensor);
  const std::vector<TensorSpec>& specs = signature.inputs;
  if (given.size() != specs.size()) return wrong_count(specs, given);
  models::Tensors tensors;
  tensors.reserve(given.size());
  for (const auto& [name, proto] : given) {
    const auto spec = std::ranges::find(specs, name, &TensorSpec::name);
    if (spec == specs.end()) return unknown_input(specs, name);
    Result<Tensor> tensor = to_tensor(*spec, static_cast<std::size_t>(spec - specs.begin()), proto);
    if (!tensor) return std::unexpected{std::move(tensor).error()};
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

}  // namespace parlance::dialects::tfserving
