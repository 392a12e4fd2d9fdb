#include "dialects/inference/request_input.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "grpc/error_details.h"
#include "models/shape.h"
#include "models/signature.h"

namespace parlance::dialects::inference {
namespace {

using models::element_count;
using models::fits;
using models::kAnyDimension;
using models::Shape;
using models::Tensor;
using models::TensorSpec;
using models::to_string;
using Features = wire::PackedFixed<float>;

std::string count_error(std::size_t expected, std::size_t got) {
  return concat("Expected ", expected, " features, got ", got);
}

/// The shape of `count` features when the request does not say: a batch of one, or the one size that an open
/// dimension can have.
Result<Shape> implied_shape(const Shape& pattern, std::size_t count) {
  Shape shape = pattern;
  const auto open = std::ranges::count(pattern, kAnyDimension);
  const bool is_batch = open == 1 && pattern.size() > 1 && pattern[0] == kAnyDimension;
  if (is_batch) shape[0] = 1;
  if (open > 1)
    return invalid(concat("feature_shape field is required: the model takes ", to_string(pattern)));
  if (open == 1 && !is_batch) {
    const auto at = std::ranges::find(shape, kAnyDimension);
    *at = 1;
    const std::size_t others = element_count(shape).value_or(0);
    if (others == 0 || count % others != 0)
      return invalid(concat("Expected a multiple of ", others, " features, got ", count));
    *at = static_cast<std::int64_t>(count / others);
  }
  const std::size_t expected = element_count(shape).value_or(0);
  if (expected != count) return invalid(count_error(expected, count));
  return shape;
}

/// The shape that the request gives, with the batch dimension if it left that out.
Result<Shape> given_shape(const ::inference::PredictRequestView& request, const Shape& pattern) {
  const auto given = request.feature_shape();
  Shape shape(given.begin(), given.end());
  if (std::ranges::any_of(shape, [](std::int64_t dimension) { return dimension <= 0; }))
    return invalid(concat("feature_shape must hold positive dimensions, got ", to_string(shape)));
  const std::optional<std::size_t> expected = element_count(shape);
  const auto count = request.features().size();
  if (expected != count)
    return invalid(concat(count_error(expected.value_or(std::numeric_limits<std::size_t>::max()), count),
                          ": feature_shape is ", to_string(shape)));
  if (shape.size() + 1 == pattern.size()) shape.insert(shape.begin(), 1);
  if (!fits(shape, pattern))
    return invalid(concat("feature_shape must fit ", to_string(pattern), ", got ",
                          to_string(Shape(given.begin(), given.end()))));
  return shape;
}

Status check_finite(const Features& features) {
  const auto bad = std::ranges::find_if(features, [](float value) { return !std::isfinite(value); });
  if (bad == features.end()) return {};
  return invalid(concat("features[", bad - features.begin(), "] is ", std::isnan(*bad) ? "NaN" : "infinite",
                        "; every feature must be a finite number"))
      .error();
}

Result<Tensor> from_features(const ::inference::PredictRequestView& request, const models::ModelHandle& model,
                             const Limits& limits) {
  const std::vector<TensorSpec>& inputs = model.signature().inputs;
  if (inputs.size() != 1 || inputs[0].type != models::DataType::kFp32)
    return invalid(
        concat("Model \"", model.model(), "\" does not take features: its inputs are not one of FP32"));
  if (request.features().empty()) return invalid("features field is required and must not be empty");

  const Features features = request.features();
  Result<Shape> shape = request.feature_shape().empty() ? implied_shape(inputs[0].shape, features.size())
                                                        : given_shape(request, inputs[0].shape);
  if (!shape) return std::unexpected{std::move(shape).error()};
  if (Status status = check_finite(features); !status.ok()) return std::unexpected{std::move(status)};
  const bool has_rows = !shape->empty() && inputs[0].shape[0] == kAnyDimension && shape->size() > 1;
  if (has_rows) {
    Status status = check_batch(static_cast<std::size_t>((*shape)[0]), "rows", limits);
    if (!status.ok()) return std::unexpected{std::move(status)};
  }
  return Tensor::borrowing({}, models::DataType::kFp32, *std::move(shape), features.bytes());
}

Result<Tensor> from_raw_input(const ::inference::PredictRequestView& request,
                              const models::ModelHandle& model) {
  if (!request.features().empty())
    return invalid(concat("Model \"", model.model(), "\" takes raw_input, not features"));
  if (request.raw_input().empty()) return invalid("raw_input field is required and must not be empty");
  const std::vector<std::string>& formats = model.raw_input().formats;
  const std::string_view format = request.input_format();
  if (!format.empty() && std::ranges::find(formats, format) == formats.end()) {
    std::string known;
    for (const std::string& each : formats) known += (known.empty() ? "" : ", ") + each;
    return invalid(
        concat("Unknown input_format \"", format, "\"; model \"", model.model(), "\" reads: ", known));
  }
  return model.transform()->apply(request.raw_input());
}

}  // namespace

Result<Tensor> to_input(const ::inference::PredictRequestView& request, const models::ModelHandle& model,
                        const Limits& limits) {
  if (!request.features().empty() && !request.raw_input().empty())
    return invalid("features and raw_input are both set; send one of them");
  if (model.transform() != nullptr) return from_raw_input(request, model);
  if (!request.raw_input().empty())
    return invalid(concat("Model \"", model.model(), "\" takes features, not raw_input"));
  return from_features(request, model, limits);
}

Deadline effective_deadline(Deadline call, std::int64_t deadline_ms, TimePoint received) {
  if (deadline_ms == 0) return call;
  // Clamped to where the sum is still a time: 100 years are as good as never.
  constexpr std::int64_t kLongestMs = std::int64_t{100} * 365 * 24 * 3600 * 1000;
  const std::chrono::milliseconds timeout{std::clamp(deadline_ms, std::int64_t{-1}, kLongestMs)};
  return earliest(call, Deadline::after(received, timeout));
}

Status check_batch(std::size_t size, const char* what, const Limits& limits) {
  if (size <= limits.max_batch) return {};
  return grpc::make_error(StatusCode::kResourceExhausted, "BATCH_TOO_LARGE",
                          concat("A batch of ", size, ' ' + std::string{what}, " is over the limit of ",
                                 limits.max_batch, " (max_batch)"),
                          {{"hop", "server"},
                           {"limit", std::to_string(limits.max_batch)},
                           {"observed", std::to_string(size)},
                           {"knob", "max_batch"}});
}

}  // namespace parlance::dialects::inference
