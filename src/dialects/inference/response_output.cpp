#include "dialects/inference/response_output.h"

#include <algorithm>
#include <limits>

#include "base/concat.h"
#include "dialects/inference/limits.h"
#include "grpc/error_details.h"
#include "models/labels.h"

namespace parlance::dialects::inference {
namespace {

using models::DataType;
using models::element_count;
using models::Tensor;
using Floats = std::vector<float>;

template <typename T>
void convert(const Tensor& tensor, Floats& floats) {
  const std::span<const T> values = tensor.as<T>();
  floats.resize(values.size());
  std::ranges::transform(values, floats.begin(), [](T value) { return static_cast<float>(value); });
}

/// False for a type that has no conversion.
bool convert_values(const Tensor& tensor, Floats& floats) {
  switch (tensor.type()) {
    case DataType::kFp64:
      convert<double>(tensor, floats);
      return true;
    case DataType::kInt32:
      convert<std::int32_t>(tensor, floats);
      return true;
    case DataType::kInt64:
      convert<std::int64_t>(tensor, floats);
      return true;
    case DataType::kUint8:
      convert<std::uint8_t>(tensor, floats);
      return true;
    default:
      return false;
  }
}

Status cannot_answer(const models::ModelHandle& model, const std::string& why) {
  return grpc::make_error(StatusCode::kInternal, "OUTPUT_NOT_REPRESENTABLE",
                          concat("Inference failed: the output of model \"", model.model(), "\" ", why),
                          {{"hop", "server"}});
}

bool is_one_row(const Tensor& tensor) {
  const models::Shape& shape = tensor.shape();
  return !shape.empty() &&
         std::all_of(shape.begin(), shape.end() - 1, [](std::int64_t dimension) { return dimension == 1; });
}

}  // namespace

Result<ResponseOutput> ResponseOutput::make(const models::ModelHandle& model,
                                            const models::Tensors& outputs) {
  if (outputs.empty()) return std::unexpected{cannot_answer(model, "is missing")};
  const Tensor& output = outputs.front();
  constexpr std::int64_t kLargestDimension = std::numeric_limits<std::int32_t>::max();
  if (element_count(output.shape()).value_or(kLargestDimension) >= kLargestDimension)
    return std::unexpected{cannot_answer(model, "is too large for a response")};
  ResponseOutput made;
  if (output.type() == DataType::kFp32)
    made.predictions_ = output.as<float>();
  else if (!convert_values(output, made.converted_))
    return std::unexpected{
        cannot_answer(model, concat("is ", to_string(output.type()), ", which has no place in a response"))};
  made.shape_.reserve(output.shape().size());
  for (const std::int64_t dimension : output.shape())
    made.shape_.push_back(static_cast<std::int32_t>(dimension));

  if (model.labels().empty() || !is_one_row(output)) return made;
  for (const models::ClassScore& best : models::top_k(made.predictions(), model.labels(), kTopK))
    made.top_k_.push_back({.label = best.label, .score = best.score, .class_id = best.class_id});
  return made;
}

}  // namespace parlance::dialects::inference
