#include "dialects/kserve/infer_output.h"

#include <algorithm>
#include <cstring>
#include <set>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/bad_input.h"
#include "dialects/kserve/classes.h"
#include "dialects/kserve/infer_input.h"
#include "dialects/kserve/tensor_place.h"
#include "grpc/error_details.h"
#include "models/byte_elements.h"

namespace parlance::dialects::kserve {
namespace {

using ContentsFields = ::inference::InferTensorContentsFields;
using models::DataType;
using models::Tensor;

bool has_typed_contents(DataType type) { return type != DataType::kFp16 && type != DataType::kBf16; }

template <typename T, typename Wide>
std::span<const Wide> widen(const Tensor& tensor, std::vector<Wide>& wide) {
  const std::span<const T> values = tensor.as<T>();
  return wide.assign(values.begin(), values.end()), std::span<const Wide>{wide};
}

Result<std::size_t> read_classes(const ::inference::InferParameterView& parameter) {
  if (!parameter.has_int64_param())
    return invalid("invalid value type for 'classification' parameter, expected int64_param");
  if (parameter.int64_param() <= 0)
    return invalid("invalid value for 'classification' parameter, expected > 0");
  return static_cast<std::size_t>(parameter.int64_param());
}

Status too_small(std::string_view output, std::size_t place_bytes, std::size_t needed_bytes) {
  return grpc::make_error(
      StatusCode::kInternal, "SHARED_MEMORY_TOO_SMALL",
      concat("shared memory size specified with the request for output '", output, "' (", place_bytes,
             " bytes) should be at least ", needed_bytes, " bytes to hold the results"),
      {{"hop", "server"}, {"limit", std::to_string(place_bytes)}});
}

bool has_rows(const models::Signature& signature, std::string_view output) {
  const auto spec = std::ranges::find(signature.outputs, output, &models::TensorSpec::name);
  return spec != signature.outputs.end() && !spec->shape.empty() &&
         spec->shape.front() == models::kAnyDimension;
}

}  // namespace

Result<std::vector<WantedOutput>> read_outputs(const ::inference::ModelInferRequestView& request,
                                               const models::Signature& signature, const SharedMemory& memory,
                                               std::string_view peer) {
  std::set<std::string_view> seen;
  std::vector<WantedOutput> wanted;
  for (const auto asked : request.outputs()) {
    const std::string_view name = asked.name();
    if (std::ranges::find(signature.outputs, name, &models::TensorSpec::name) == signature.outputs.end())
      return unexpected_output(request, name, signature.outputs);
    if (!seen.insert(name).second) return invalid(concat("Output \"", name, "\" is asked for twice"));
    WantedOutput& output = wanted.emplace_back(WantedOutput{.name = name, .classes = 0, .place = {}});
    Result<std::optional<SharedMemory::Piece>> place = find_place(asked, memory, peer);
    if (!place) return std::unexpected{std::move(place).error()};
    output.place = *std::move(place);
    const auto classification = asked.parameters().find("classification");
    if (!classification) continue;
    if (output.place) return invalid("output can't set both 'shared_memory_region' and 'classification'");
    const Result<std::size_t> classes = read_classes(*classification);
    if (!classes) return std::unexpected{classes.error()};
    output.classes = *classes;
  }
  return wanted;
}

InferResponse::InferResponse(const ::inference::ModelInferRequestView& request,
                             const std::vector<WantedOutput>& wanted, const Result& result)
    : version_(std::to_string(result.version)) {
  select(wanted, result);
  const bool raw = comes_raw(request) || !std::ranges::all_of(selected_, [](const Selected& each) {
                     return each.is_elsewhere || has_typed_contents(each.tensor->type());
                   });
  for (const Selected& each : selected_) add(*each.tensor, each.is_elsewhere, raw);
  fields_ = {.model_name = result.model,
             .model_version = version_,
             .id = request.id(),
             .outputs = tensors_,
             .raw_output_contents = raw_contents_};
}

void InferResponse::select(const std::vector<WantedOutput>& wanted, const Result& result) {
  for (const WantedOutput& output : wanted) select(output, result);
  if (!wanted.empty()) return;
  for (const Tensor& output : result.outputs) selected_.push_back({&output});
}

void InferResponse::select(const WantedOutput& wanted, const Result& result) {
  const auto found = std::ranges::find(result.outputs, wanted.name, &Tensor::name);
  require(found != result.outputs.end(), "read_outputs() has seen the request");
  if (wanted.classes > 0) {
    const bool is_first = result.signature.outputs.front().name == wanted.name;
    parlance::Result<Tensor> classes =
        to_classes(*found, {.count = wanted.classes,
                            .by_row = has_rows(result.signature, wanted.name),
                            .labels = is_first ? std::span{result.labels} : std::span<const std::string>{}});
    if (!classes) {
      if (status_.ok()) status_ = std::move(classes).error();
      return;
    }
    return selected_.push_back({&classes_.emplace_back(*std::move(classes))});
  }
  selected_.push_back({&*found, wanted.place.has_value()});
  if (!wanted.place) return;
  const Bytes values = found->bytes();
  const MutableBytes place = wanted.place->bytes;
  if (values.size() > place.size()) {
    if (status_.ok()) status_ = too_small(wanted.name, place.size(), values.size());
  } else if (!values.empty()) {
    std::memmove(place.data(), values.data(), values.size());
  }
}

void InferResponse::add(const Tensor& tensor, bool is_elsewhere, bool raw) {
  Fields::InferOutputTensor& output = tensors_.emplace_back();
  output = {.name = tensor.name(), .datatype = models::to_string(tensor.type()), .shape = tensor.shape()};
  if (raw) {
    raw_contents_.push_back(is_elsewhere ? Bytes{} : tensor.bytes());
  } else if (!is_elsewhere) {
    output.contents = &contents_.emplace_back(contents_of(tensor, unpacked_.emplace_back()));
  }
}

/// Borrows from `tensor` and `unpacked`.
ContentsFields InferResponse::contents_of(const Tensor& tensor, Unpacked& unpacked) {
  switch (tensor.type()) {
    case DataType::kBool:
      return {.bool_contents = tensor.as<bool>()};
    case DataType::kInt8:
      return {.int_contents = widen<std::int8_t>(tensor, unpacked.ints)};
    case DataType::kInt16:
      return {.int_contents = widen<std::int16_t>(tensor, unpacked.ints)};
    case DataType::kInt32:
      return {.int_contents = tensor.as<std::int32_t>()};
    case DataType::kInt64:
      return {.int64_contents = tensor.as<std::int64_t>()};
    case DataType::kUint8:
      return {.uint_contents = widen<std::uint8_t>(tensor, unpacked.uints)};
    case DataType::kUint16:
      return {.uint_contents = widen<std::uint16_t>(tensor, unpacked.uints)};
    case DataType::kUint32:
      return {.uint_contents = tensor.as<std::uint32_t>()};
    case DataType::kUint64:
      return {.uint64_contents = tensor.as<std::uint64_t>()};
    case DataType::kFp32:
      return {.fp32_contents = tensor.as<float>()};
    case DataType::kFp64:
      return {.fp64_contents = tensor.as<double>()};
    case DataType::kBytes:
      unpacked.elements = models::split_elements(tensor.bytes());
      return {.bytes_contents = unpacked.elements};
    case DataType::kFp16:
    case DataType::kBf16:
      break;
  }
  return {};
}

void InferResponse::set_final() {
  final_.bool_param = true;
  parameters_[0] = {.key = "triton_final_response", .value = &final_};
  fields_.parameters = parameters_;
}

}  // namespace parlance::dialects::kserve
