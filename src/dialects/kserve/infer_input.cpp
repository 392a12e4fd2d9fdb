#include "dialects/kserve/infer_input.h"

#include <limits>
#include <optional>
#include <ranges>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"
#include "models/shape.h"

namespace parlance::dialects::kserve {
namespace {

using Input = ::inference::ModelInferRequestView::InferInputTensor;
using Contents = ::inference::InferTensorContentsView;
using models::DataType;
using models::Shape;
using models::Tensor;

/// What an input says of itself, checked.
struct Head {
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  std::size_t elements = 0;

  std::string text() const {
    return concat("Input \"", name, "\" of ", models::to_string(type), ' ' + models::to_string(shape));
  }
};

Result<Head> read_head(const Input& input) {
  Head head{.name = std::string{input.name()}};
  if (input.parameters().find("shared_memory_region"))
    return not_served(
        concat("Input \"", head.name, "\" is in shared memory, which is not served; send its values"));
  if (input.datatype() == "BYTES")
    return not_served(concat("Input \"", head.name, "\" is BYTES, which is not served; send numbers"));
  const std::optional<DataType> type = models::parse_data_type(input.datatype());
  if (!type)
    return invalid(concat("Input \"", head.name, "\" has the unknown datatype \"", input.datatype(),
                          "\"; datatypes are spelled like FP32, INT64, UINT8"));
  head.type = *type;
  for (const std::int64_t dimension : input.shape()) head.shape.push_back(dimension);
  const std::optional<std::size_t> elements = models::element_count(head.shape);
  if (!elements)
    return invalid(concat("Input \"", head.name, "\" has the shape ", models::to_string(head.shape),
                          "; dimensions must not be negative, nor too large together"));
  head.elements = *elements;
  return head;
}

/// The name of the field of Contents that has the values of `type`; empty: they come raw only.
std::string_view contents_field(DataType type) {
  switch (type) {
    case DataType::kBool:
      return "bool_contents";
    case DataType::kInt8:
    case DataType::kInt16:
    case DataType::kInt32:
      return "int_contents";
    case DataType::kInt64:
      return "int64_contents";
    case DataType::kUint8:
    case DataType::kUint16:
    case DataType::kUint32:
      return "uint_contents";
    case DataType::kUint64:
      return "uint64_contents";
    case DataType::kFp32:
      return "fp32_contents";
    case DataType::kFp64:
      return "fp64_contents";
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  return {};
}

std::unexpected<Status> wrong_count(const Head& head, std::size_t observed) {
  return invalid(concat(head.text(), " needs ", head.elements, " values in ", contents_field(head.type),
                        ", got ", observed));
}

/// Floats that lie aligned are borrowed.
template <typename T>
Result<Tensor> borrow(Head head, const wire::PackedFixed<T>& values) {
  if (values.size() != head.elements) return wrong_count(head, values.size());
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), values.bytes());
}

/// Varints are decoded; a value that is not one of T ends it.
template <typename T, typename Varints>
Result<Tensor> decode(Head head, const Varints& values) {
  if (const std::size_t count = values.size(); count != head.elements) return wrong_count(head, count);
  Buffer buffer = Buffer::allocate(head.elements * sizeof(T));
  T* at = reinterpret_cast<T*>(buffer.writable().data());
  for (const auto value : values) {
    if (!std::in_range<T>(value))
      return invalid(concat(head.text(), " has the value ", value, ", which is not one of ",
                            models::to_string(head.type)));
    *at++ = static_cast<T>(value);
  }
  return Tensor::owning(std::move(head.name), head.type, std::move(head.shape), std::move(buffer));
}

Result<Tensor> decode_bools(Head head, const wire::Packed<wire::Varint<bool>>& values) {
  if (const std::size_t count = values.size(); count != head.elements) return wrong_count(head, count);
  Buffer buffer = Buffer::allocate(head.elements);
  std::byte* at = buffer.writable().data();
  for (const bool value : values) *at++ = std::byte{value};
  return Tensor::owning(std::move(head.name), head.type, std::move(head.shape), std::move(buffer));
}

Result<Tensor> from_contents(Head head, const Contents& contents) {
  switch (head.type) {
    case DataType::kBool:
      return decode_bools(std::move(head), contents.bool_contents());
    case DataType::kInt8:
      return decode<std::int8_t>(std::move(head), contents.int_contents());
    case DataType::kInt16:
      return decode<std::int16_t>(std::move(head), contents.int_contents());
    case DataType::kInt32:
      return decode<std::int32_t>(std::move(head), contents.int_contents());
    case DataType::kInt64:
      return decode<std::int64_t>(std::move(head), contents.int64_contents());
    case DataType::kUint8:
      return decode<std::uint8_t>(std::move(head), contents.uint_contents());
    case DataType::kUint16:
      return decode<std::uint16_t>(std::move(head), contents.uint_contents());
    case DataType::kUint32:
      return decode<std::uint32_t>(std::move(head), contents.uint_contents());
    case DataType::kUint64:
      return decode<std::uint64_t>(std::move(head), contents.uint64_contents());
    case DataType::kFp32:
      return borrow(std::move(head), contents.fp32_contents());
    case DataType::kFp64:
      return borrow(std::move(head), contents.fp64_contents());
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  return invalid(concat(head.text(), " has no typed contents; send its values in raw_input_contents"));
}

Result<Tensor> from_raw(Head head, Bytes raw) {
  const std::size_t needed_bytes = head.elements * models::size_bytes(head.type);
  if (raw.size() != needed_bytes)
    return invalid(
        concat(head.text(), " needs ", needed_bytes, " bytes in raw_input_contents, got ", raw.size()));
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), raw);
}

}  // namespace

Status check_raw_contents(const ::inference::ModelInferRequestView& request) {
  const std::size_t raw = request.raw_input_contents().size();
  const std::size_t inputs = request.inputs().size();
  if (raw == 0 || raw == inputs) return {};
  return invalid(concat("raw_input_contents has ", raw, " entries for ", inputs,
                        " inputs; it needs one for each"))
      .error();
}

Result<models::Tensors> to_tensors(const ::inference::ModelInferRequestView& request) {
  const auto raw = request.raw_input_contents();
  if (Status status = check_raw_contents(request); !status.ok()) return std::unexpected{std::move(status)};
  models::Tensors tensors;
  tensors.reserve(request.inputs().size());
  auto next_raw = raw.begin();
  for (const Input input : request.inputs()) {
    Result<Head> head = read_head(input);
    if (!head) return std::unexpected{std::move(head).error()};
    if (!raw.empty() && input.has_contents())
      return invalid(
          concat("Input \"", head->name, "\" has contents beside raw_input_contents; send one of them"));
    Result<Tensor> tensor = raw.empty() ? from_contents(*std::move(head), input.contents())
                                        : from_raw(*std::move(head), *next_raw);
    if (!tensor) return std::unexpected{std::move(tensor).error()};
    if (!raw.empty()) ++next_raw;
    tensors.push_back(*std::move(tensor));
  }
  return tensors;
}

}  // namespace parlance::dialects::kserve
