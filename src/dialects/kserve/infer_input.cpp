#include "dialects/kserve/infer_input.h"

#include <limits>
#include <optional>
#include <ranges>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/tensor_place.h"
#include "models/byte_elements.h"
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
  Head head;
  head.name = input.name();
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
    case DataType::kBytes:
      return "bytes_contents";
    case DataType::kFp16:
    case DataType::kBf16:
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

Result<Tensor> decode_elements(Head head, const wire::Repeated<wire::Blob>& values) {
  if (const std::size_t count = values.size(); count != head.elements) return wrong_count(head, count);
  std::string elements;
  for (const Bytes value : values) models::append_element(elements, as_text(value));
  return Tensor::owning(std::move(head.name), head.type, std::move(head.shape),
                        Buffer::adopt(std::move(elements)));
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
    case DataType::kBytes:
      return decode_elements(std::move(head), contents.bytes_contents());
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return invalid(concat(head.text(), " has no typed contents; send its values in raw_input_contents"));
}

/// `where` the bytes are, for errors.
Status check_size(const Head& head, Bytes raw, std::string_view where) {
  if (head.type == DataType::kBytes) {
    const std::optional<std::size_t> elements = models::count_elements(raw);
    if (!elements)
      return invalid(concat(head.text(), ' ' + std::string{where}, " ends within an element; each is its ",
                            "length in 4 bytes, little-endian, and so many bytes"))
          .error();
    if (*elements == head.elements) return {};
    return invalid(concat(head.text(), " needs ", head.elements, " elements ", where, ", got ", *elements))
        .error();
  }
  const std::size_t needed_bytes = head.elements * models::size_bytes(head.type);
  if (raw.size() == needed_bytes) return {};
  return invalid(concat(head.text(), " needs ", needed_bytes, " bytes ", where, ", got ", raw.size()))
      .error();
}

Result<Tensor> from_raw(Head head, Bytes raw) {
  if (Status status = check_size(head, raw, "in raw_input_contents"); !status.ok())
    return std::unexpected{std::move(status)};
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), raw);
}

Result<Tensor> from_memory(Head head, MutableBytes bytes) {
  // Whoever shares the memory may write to it at any time: lengths are read where nobody does.
  const bool is_copied = head.type == DataType::kBytes;
  Buffer copy = is_copied ? Buffer::copy_of(bytes) : Buffer{};
  if (Status status = check_size(head, is_copied ? copy.bytes() : Bytes{bytes}, "in shared memory");
      !status.ok())
    return std::unexpected{std::move(status)};
  if (is_copied)
    return Tensor::owning(std::move(head.name), head.type, std::move(head.shape), std::move(copy));
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), bytes);
}

bool is_in_memory(const Input& input) { return input.parameters().contains("shared_memory_region"); }

std::size_t inputs_outside_memory(const ::inference::ModelInferRequestView& request) {
  std::size_t count = 0;
  for (const Input input : request.inputs()) count += is_in_memory(input) ? 0 : 1;
  return count;
}

/// One input after the other, and the raw contents that belong to them.
class TensorReader {
 public:
  TensorReader(const ::inference::ModelInferRequestView& request, const SharedMemory& memory,
               std::string_view peer)
      : memory_(memory),
        peer_(peer),
        raw_(request.raw_input_contents()),
        next_raw_(raw_.begin()),
        is_raw_(!raw_.empty()) {}

  Status read(const Input& input, ReceivedTensors& read) {
    Result<Tensor> tensor = tensor_of(input, read);
    if (!tensor) return std::move(tensor).error();
    read.tensors.push_back(*std::move(tensor));
    return {};
  }

 private:
  Result<Tensor> tensor_of(const Input& input, ReceivedTensors& read) {
    Result<Head> head = read_head(input);
    if (!head) return std::unexpected{std::move(head).error()};
    Result<std::optional<SharedMemory::Piece>> place = find_place(input, memory_, peer_);
    if (!place) return std::unexpected{std::move(place).error()};
    if (*place) {
      if (input.has_contents())
        return invalid(concat("Input \"", head->name, "\" has contents beside shared memory; send one"));
      read.held.push_back(std::move((*place)->held));
      return from_memory(*std::move(head), (*place)->bytes);
    }
    if (!is_raw_) return from_contents(*std::move(head), input.contents());
    if (input.has_contents())
      return invalid(
          concat("Input \"", head->name, "\" has contents beside raw_input_contents; send one of them"));
    const Bytes raw = *next_raw_;
    ++next_raw_;
    return from_raw(*std::move(head), raw);
  }

  using Raw = decltype(std::declval<::inference::ModelInferRequestView>().raw_input_contents());

  const SharedMemory& memory_;
  const std::string_view peer_;
  const Raw raw_;
  decltype(std::declval<const Raw&>().begin()) next_raw_;
  const bool is_raw_;
};

}  // namespace

Status check_raw_contents(const ::inference::ModelInferRequestView& request) {
  const std::size_t raw = request.raw_input_contents().size();
  const std::size_t inputs = inputs_outside_memory(request);
  if (raw == 0 || raw == inputs) return {};
  return invalid(concat("raw_input_contents has ", raw, " entries for ", inputs,
                        " inputs; it needs one for each"))
      .error();
}

bool comes_raw(const ::inference::ModelInferRequestView& request) {
  return !request.raw_input_contents().empty() || inputs_outside_memory(request) < request.inputs().size();
}

Result<ReceivedTensors> to_tensors(const ::inference::ModelInferRequestView& request,
                                   const SharedMemory& memory, std::string_view peer) {
  if (Status status = check_raw_contents(request); !status.ok()) return std::unexpected{std::move(status)};
  ReceivedTensors read;
  read.tensors.reserve(request.inputs().size());
  TensorReader reader{request, memory, peer};
  for (const Input input : request.inputs()) {
    if (Status status = reader.read(input, read); !status.ok()) return std::unexpected{std::move(status)};
  }
  return read;
}

}  // namespace parlance::dialects::kserve
