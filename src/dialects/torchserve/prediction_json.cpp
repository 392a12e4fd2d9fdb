#include "dialects/torchserve/prediction_json.h"

#include <cstdint>
#include <vector>

#include "base/concat.h"
#include "dialects/json_output.h"
#include "grpc/error_details.h"
#include "models/number_type.h"

namespace parlance::dialects::torchserve {
namespace {

using models::DataType;
using models::Tensor;

void break_line(std::string& json, unsigned depth) {
  json += '\n';
  json.append(std::size_t{2} * depth, ' ');
}

/// Two brackets with what append_each(index) appends, a line each, one level below `depth`.
template <typename AppendEach>
void append_block(std::string& json, std::string_view brackets, std::size_t count, unsigned depth,
                  const AppendEach& append_each) {
  json += brackets[0];
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    break_line(json, depth + 1);
    append_each(i);
  }
  if (count > 0) break_line(json, depth);
  json += brackets[1];
}

using Dimensions = std::span<const std::int64_t>;

template <typename T>
void append_values(std::string& json, std::span<const T> values, Dimensions shape, unsigned depth) {
  if (shape.empty()) return append_json(json, values[0]);
  const auto count = static_cast<std::size_t>(shape[0]);
  const std::size_t each = count == 0 ? 0 : values.size() / count;
  append_block(json, "[]", count, depth, [&](std::size_t i) {
    append_values(json, values.subspan(i * each, each), shape.subspan(1), depth + 1);
  });
}

/// False for a type without numbers in JSON.
bool append_tensor(std::string& json, const Tensor& tensor, Dimensions shape, unsigned depth) {
  const auto appended = models::with_number_type(tensor.type(), [&]<typename T>(std::type_identity<T>) {
    append_values(json, tensor.as<T>(), shape, depth);
    return true;
  });
  return appended.has_value();
}

Dimensions shape_of(const Tensor& tensor, bool is_one_row) {
  const Dimensions shape = tensor.shape();
  return is_one_row && !shape.empty() && shape[0] == 1 ? shape.subspan(1) : shape;
}

bool has_classes(const models::Tensors& outputs, const models::Labels& labels) {
  if (labels.empty() || outputs.size() != 1 || outputs[0].type() != DataType::kFp32) return false;
  const models::Shape& shape = outputs[0].shape();
  return shape.size() == 2 && shape[1] == static_cast<std::int64_t>(labels.size());
}

void append_classes(std::string& json, std::span<const float> scores, const models::Labels& labels,
                    unsigned depth) {
  const std::vector<models::ClassScore> best = models::top_k(scores, labels, kTopClasses);
  append_block(json, "{}", best.size(), depth, [&](std::size_t i) {
    append_json(json, best[i].label);
    json += ": ";
    append_json(json, best[i].score);
  });
}

std::string classes_json(const Tensor& output, const models::Labels& labels, bool is_one_row) {
  const std::span<const float> scores = output.as<float>();
  const auto rows = static_cast<std::size_t>(output.shape()[0]);
  std::string json;
  if (is_one_row && rows == 1) {
    append_classes(json, scores, labels, 0);
    return json;
  }
  append_block(json, "[]", rows, 0, [&](std::size_t row) {
    append_classes(json, scores.subspan(row * labels.size(), labels.size()), labels, 1);
  });
  return json;
}

std::unexpected<Status> no_numbers(const Tensor& output) {
  return std::unexpected{
      grpc::make_error(StatusCode::kInternal, "OUTPUT_NOT_REPRESENTABLE",
                       concat("Inference failed: the output \"", output.name(), "\" is ",
                              models::to_string(output.type()), ", which JSON has no numbers for"),
                       {{"hop", "server"}})};
}

}  // namespace

Result<std::string> to_json(const models::Tensors& outputs, const models::Labels& labels, bool is_one_row) {
  if (has_classes(outputs, labels)) return classes_json(outputs[0], labels, is_one_row);
  std::string json;
  const Tensor* unsaid = nullptr;
  const auto append = [&](const Tensor& output, unsigned depth) {
    if (!append_tensor(json, output, shape_of(output, is_one_row), depth)) unsaid = &output;
  };
  if (outputs.size() == 1) {
    append(outputs[0], 0);
  } else {
    append_block(json, "{}", outputs.size(), 0, [&](std::size_t i) {
      append_json(json, outputs[i].name());
      json += ": ";
      append(outputs[i], 1);
    });
  }
  if (unsaid != nullptr) return no_numbers(*unsaid);
  return json;
}

std::string to_json(std::span<const float> values) {
  std::string json;
  const std::int64_t size = static_cast<std::int64_t>(values.size());
  append_values(json, values, Dimensions{&size, 1}, 0);
  return json;
}

}  // namespace parlance::dialects::torchserve
