#include "dialects/kserve/infer_input.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/bad_input.h"
#include "dialects/kserve/tensor_place.h"
#include "models/byte_elements.h"
#include "models/shape.h"

namespace parlance::dialects::kserve {
namespace {

using Request = ::inference::ModelInferRequestView;
using Input = Request::InferInputTensor;
using Contents = ::inference::InferTensorContentsView;
using models::DataType;
using models::Shape;
using models::Tensor;

/// What an input says of itself, checked.
struct Head {
  const Request& request;
  std::string name;
  DataType type = DataType::kFp32;
  Shape shape;
  std::size_t elements = 0;
};

Result<Head> read_head(const Request& request, const Input& input,
                       std::span<const models::TensorSpec> specs) {
  const auto spec = std::ranges::find(specs, input.name(), &models::TensorSpec::name);
  Result<Shape> shape = read_shape(request, input, *spec);
  if (!shape) return std::unexpected{std::move(shape).error()};
  const std::size_t elements = *models::element_count(*shape);
  return Head{request, std::string{input.name()}, spec->type, *std::move(shape), elements};
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
  if (head.type == DataType::kBytes) return wrong_elements(head.request, head.name, head.elements, observed);
  const std::size_t element_bytes = models::size_bytes(head.type);
  return refused(
      head.request,
      concat("input byte size mismatch for input '", head.name, "' for model '", head.request.model_name(),
             "'. Expected ", head.elements * element_bytes, ", got ", observed * element_bytes, ": ",
             contents_field(head.type), " needs ", head.elements, " values, got ", observed));
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
      return refused(head.request, concat("input '", head.name, "' has the value ", value,
                                          ", which is not one of ", models::to_string(head.type)));
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

/// The datatype of the values that there are, if they are not those that `type` has; empty otherwise.
std::string_view another_type(const Contents& contents, DataType type) {
  const std::string_view own = contents_field(type);
  const auto is_other = [&](std::string_view field, const auto& values) {
    return field != own && !values.empty();
  };
  if (is_other("bool_contents", contents.bool_contents())) return "BOOL";
  if (is_other("int_contents", contents.int_contents())) return "INT32";
  if (is_other("int64_contents", contents.int64_contents())) return "INT64";
  if (is_other("uint_contents", contents.uint_contents())) return "UINT32";
  if (is_other("uint64_contents", contents.uint64_contents())) return "UINT64";
  if (is_other("fp32_contents", contents.fp32_contents())) return "FP32";
  if (is_other("fp64_contents", contents.fp64_contents())) return "FP64";
  if (is_other("bytes_contents", contents.bytes_contents())) return "BYTES";
  return {};
}

Result<Tensor> from_contents(Head head, const Contents& contents) {
  if (const std::string_view other = another_type(contents, head.type); !other.empty())
    return invalid(concat("unexpected explicit tensor data for input tensor '", head.name, "' for model '",
                          head.request.model_name(), "' of type '", other, "', expected datatype '",
                          models::to_string(head.type), "'"));
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
  return no_values(head.request, head.name);  // those have raw contents only
}

Status check(const Head& head, Bytes raw) {
  return check_values(head.request, head.name, head.type, head.elements, raw);
}

Result<Tensor> from_raw(Head head, Bytes raw) {
  if (Status status = check(head, raw); !status.ok()) return std::unexpected{std::move(status)};
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), raw);
}

Result<Tensor> from_memory(Head head, MutableBytes bytes) {
  // Whoever shares the memory may write to it at any time: lengths are read where nobody does.
  const bool is_copied = head.type == DataType::kBytes;
  Buffer copy = is_copied ? Buffer::copy_of(bytes) : Buffer{};
  if (Status status = check(head, is_copied ? copy.bytes() : Bytes{bytes}); !status.ok())
    return std::unexpected{std::move(status)};
  if (is_copied)
    return Tensor::owning(std::move(head.name), head.type, std::move(head.shape), std::move(copy));
  return Tensor::borrowing(std::move(head.name), head.type, std::move(head.shape), bytes);
}

/// One input after the other, and the raw contents that belong to them.
class TensorReader {
 public:
  TensorReader(const Request& request, std::span<const models::TensorSpec> specs, const SharedMemory& memory,
               std::string_view peer)
      : request_(request),
        specs_(specs),
        memory_(memory),
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
    Result<Head> head = read_head(request_, input, specs_);
    if (!head) return std::unexpected{std::move(head).error()};
    Result<std::optional<SharedMemory::Piece>> place = find_place(input, memory_, peer_);
    if (!place) return std::unexpected{std::move(place).error()};
    if (*place) {
      if (input.has_contents())
        return invalid(concat("unexpected 'content' provided when using shared memory for input tensor '",
                              head->name, "' for model '", request_.model_name(), "'"));
      read.held.push_back(std::move((*place)->held));
      return from_memory(*std::move(head), (*place)->bytes);
    }
    if (is_raw_) return from_raw(*std::move(head), *next_raw_++);
    if (!input.has_contents() && head->elements > 0) return no_values(request_, head->name);
    return from_contents(*std::move(head), input.contents());
  }

  using Raw = decltype(std::declval<Request>().raw_input_contents());

  const Request& request_;
  const std::span<const models::TensorSpec> specs_;
  const SharedMemory& memory_;
  const std::string_view peer_;
  const Raw raw_;
  decltype(std::declval<const Raw&>().begin()) next_raw_;
  const bool is_raw_;
};

}  // namespace

bool comes_raw(const Request& request) {
  if (!request.raw_input_contents().empty()) return true;
  for (const Input input : request.inputs())
    if (is_in_shared_memory(input)) return true;
  return false;
}

Result<ReceivedTensors> to_tensors(const Request& request, std::span<const models::TensorSpec> specs,
                                   const SharedMemory& memory, std::string_view peer) {
  if (Status status = check_names(request, specs); !status.ok()) return std::unexpected{std::move(status)};
  if (Status status = check_raw_contents(request); !status.ok()) return std::unexpected{std::move(status)};
  ReceivedTensors read;
  read.tensors.reserve(specs.size());
  TensorReader reader{request, specs, memory, peer};
  for (const Input input : request.inputs()) {
    if (Status status = reader.read(input, read); !status.ok()) return std::unexpected{std::move(status)};
  }
  return read;
}

}  // namespace parlance::dialects::kserve
