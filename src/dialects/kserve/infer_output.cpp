#include "dialects/kserve/infer_output.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/kserve/errors.h"

namespace parlance::dialects::kserve {
namespace {

using ContentsFields = ::inference::InferTensorContentsFields;
using models::DataType;
using models::Tensor;

std::vector<const Tensor*> select(const ::inference::ModelInferRequestView& request,
                                  const models::Tensors& outputs) {
  std::vector<const Tensor*> selected;
  if (request.outputs().empty()) {
    for (const Tensor& output : outputs) selected.push_back(&output);
    return selected;
  }
  for (const auto asked : request.outputs()) {
    const auto found = std::ranges::find(outputs, asked.name(), &Tensor::name);
    require(found != outputs.end(), "check_outputs() has seen the request");
    selected.push_back(&*found);
  }
  return selected;
}

bool has_typed_contents(const Tensor* tensor) {
  return tensor->type() != DataType::kFp16 && tensor->type() != DataType::kBf16;
}

template <typename T, typename Wide>
std::span<const Wide> widen(const Tensor& tensor, std::vector<Wide>& wide) {
  const std::span<const T> values = tensor.as<T>();
  return wide.assign(values.begin(), values.end()), std::span<const Wide>{wide};
}

/// Borrows from `tensor` and `widened`.
ContentsFields contents_of(const Tensor& tensor, WidenedIntegers& widened) {
  switch (tensor.type()) {
    case DataType::kBool:
      return {.bool_contents = tensor.as<bool>()};
    case DataType::kInt8:
      return {.int_contents = widen<std::int8_t>(tensor, widened.ints)};
    case DataType::kInt16:
      return {.int_contents = widen<std::int16_t>(tensor, widened.ints)};
    case DataType::kInt32:
      return {.int_contents = tensor.as<std::int32_t>()};
    case DataType::kInt64:
      return {.int64_contents = tensor.as<std::int64_t>()};
    case DataType::kUint8:
      return {.uint_contents = widen<std::uint8_t>(tensor, widened.uints)};
    case DataType::kUint16:
      return {.uint_contents = widen<std::uint16_t>(tensor, widened.uints)};
    case DataType::kUint32:
      return {.uint_contents = tensor.as<std::uint32_t>()};
    case DataType::kUint64:
      return {.uint64_contents = tensor.as<std::uint64_t>()};
    case DataType::kFp32:
      return {.fp32_contents = tensor.as<float>()};
    case DataType::kFp64:
      return {.fp64_contents = tensor.as<double>()};
    case DataType::kFp16:
    case DataType::kBf16:
    case DataType::kBytes:
      break;
  }
  return {};
}

}  // namespace

Status check_outputs(const ::inference::ModelInferRequestView& request, const models::Signature& signature) {
  std::set<std::string_view> seen;
  for (const auto asked : request.outputs()) {
    const std::string_view name = asked.name();
    if (std::ranges::find(signature.outputs, name, &models::TensorSpec::name) == signature.outputs.end()) {
      std::string known;
      for (const models::TensorSpec& spec : signature.outputs)
        known += (known.empty() ? "" : ", ") + spec.name;
      return invalid(concat("There is no output \"", name, "\"; the outputs are: ", known)).error();
    }
    if (!seen.insert(name).second) return invalid(concat("Output \"", name, "\" is asked for twice")).error();
    if (asked.parameters().find("classification"))
      return not_served(
                 concat("Output \"", name, "\" is asked for as classes, which is not served; ask for values"))
          .error();
    if (asked.parameters().find("shared_memory_region"))
      return not_served(concat("Output \"", name, "\" is asked for in shared memory, which is not served"))
          .error();
  }
  return {};
}

InferResponse::InferResponse(const ::inference::ModelInferRequestView& request, std::string_view model,
                             std::int64_t version, const models::Tensors& outputs)
    : version_(std::to_string(version)) {
  const std::vector<const Tensor*> selected = select(request, outputs);
  const bool raw =
      !request.raw_input_contents().empty() || !std::ranges::all_of(selected, has_typed_contents);
  tensors_.resize(selected.size());
  widened_.resize(selected.size());
  contents_.resize(selected.size());
  for (std::size_t i = 0; i < selected.size(); ++i) {
    const Tensor& tensor = *selected[i];
    tensors_[i] = {
        .name = tensor.name(), .datatype = models::to_string(tensor.type()), .shape = tensor.shape()};
    if (raw) {
      raw_contents_.push_back(tensor.bytes());
    } else {
      contents_[i] = contents_of(tensor, widened_[i]);
      tensors_[i].contents = &contents_[i];
    }
  }
  fields_ = {.model_name = model,
             .model_version = version_,
             .id = request.id(),
             .outputs = tensors_,
             .raw_output_contents = raw_contents_};
}

void InferResponse::set_final() {
  final_.bool_param = true;
  parameters_[0] = {.key = "triton_final_response", .value = &final_};
  fields_.parameters = parameters_;
}

}  // namespace parlance::dialects::kserve
