#include "dialects/tfserving/tensor_output.h"

#include <algorithm>
#include <set>
#include <string>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "dialects/tfserving/data_types.h"
#include "models/byte_elements.h"

namespace parlance::dialects::tfserving {
namespace {

using models::DataType;
using models::Tensor;
using ::tensorflow::serving::PredictRequestView;

bool is_wanted(const PredictRequestView& request, const Tensor& output) {
  const auto filter = request.output_filter();
  return filter.empty() ||
         std::ranges::any_of(filter, [&](std::string_view name) { return name == output.name(); });
}

template <typename T>
std::span<const std::int32_t> widen(const Tensor& tensor, std::vector<std::int32_t>& wide) {
  const std::span<const T> values = tensor.as<T>();
  wide.assign(values.begin(), values.end());
  return wide;
}

}  // namespace

Status check_outputs(const PredictRequestView& request, const models::Signature& signature) {
  std::set<std::string_view> seen;
  for (const std::string_view name : request.output_filter()) {
    if (std::ranges::find(signature.outputs, name, &models::TensorSpec::name) == signature.outputs.end()) {
      std::set<std::string_view> known;
      for (const models::TensorSpec& spec : signature.outputs) known.insert(spec.name);
      std::string names;
      for (const std::string_view each : known) names += concat(names.empty() ? "" : ",", each);
      return invalid(concat("output tensor alias not found in signature: ", name,
                            " Outputs expected to be in the set {", names, "}."))
          .error();
    }
    if (!seen.insert(name).second) return invalid(concat("duplicate output tensor alias: ", name)).error();
  }
  return {};
}

PredictResponse::PredictResponse(const PredictRequestView& request, const AnsweredBy& model,
                                 const models::Tensors& outputs) {
  outputs_.resize(outputs.size());
  entries_.reserve(outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (!is_wanted(request, outputs[i])) continue;
    write(outputs[i], outputs_[i]);
    entries_.push_back({.key = outputs[i].name(), .value = &outputs_[i].tensor});
  }
  fields_ = {.model_spec = &model.spec(), .outputs = entries_};
}

void PredictResponse::write(const Tensor& from, Output& to) {
  for (const std::int64_t size : from.shape()) to.dimensions.push_back({.size = size});
  to.shape = {.dim = to.dimensions};
  ::tensorflow::TensorProtoFields& tensor = to.tensor;
  tensor.dtype = to_tensorflow(from.type());
  tensor.tensor_shape = &to.shape;
  switch (from.type()) {
    case DataType::kBool:
      tensor.bool_val = from.as<bool>();
      break;
    case DataType::kUint8:
      tensor.int_val = widen<std::uint8_t>(from, to.widened);
      break;
    case DataType::kUint16:
      tensor.int_val = widen<std::uint16_t>(from, to.widened);
      break;
    case DataType::kUint32:
      tensor.uint32_val = from.as<std::uint32_t>();
      break;
    case DataType::kUint64:
      tensor.uint64_val = from.as<std::uint64_t>();
      break;
    case DataType::kInt8:
      tensor.int_val = widen<std::int8_t>(from, to.widened);
      break;
    case DataType::kInt16:
      tensor.int_val = widen<std::int16_t>(from, to.widened);
      break;
    case DataType::kInt32:
      tensor.int_val = from.as<std::int32_t>();
      break;
    case DataType::kInt64:
      tensor.int64_val = from.as<std::int64_t>();
      break;
    case DataType::kFp16:
    case DataType::kBf16:
      tensor.half_val = widen<std::uint16_t>(from, to.widened);
      break;
    case DataType::kFp32:
      tensor.float_val = from.as<float>();
      break;
    case DataType::kFp64:
      tensor.double_val = from.as<double>();
      break;
    case DataType::kBytes:
      to.strings = models::split_elements(from.bytes());
      tensor.string_val = to.strings;
      break;
  }
}

}  // namespace parlance::dialects::tfserving
