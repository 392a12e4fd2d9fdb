#include "dialects/tfserving/example_results.h"

namespace parlance::dialects::tfserving {

ClassifiedRows::ClassifiedRows(const models::Tensor& scores, std::span<const std::string> labels) {
  const std::span<const float> values = scores.as<float>();
  const auto rows = static_cast<std::size_t>(scores.shape()[0]);
  const std::size_t classes = rows == 0 ? 0 : values.size() / rows;
  classes_.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    classes_[i].score = values[i];
    if (const std::size_t id = i % classes; id < labels.size()) classes_[i].label = labels[id];
  }
  rows_.resize(rows);
  const std::span<const ::tensorflow::serving::ClassFields> all{classes_};
  for (std::size_t row = 0; row < rows; ++row) rows_[row].classes = all.subspan(row * classes, classes);
  fields_.classifications = rows_;
}

RegressedRows::RegressedRows(const models::Tensor& values) {
  for (const float value : values.as<float>()) rows_.push_back({.value = value});
  fields_.regressions = rows_;
}

}  // namespace parlance::dialects::tfserving
