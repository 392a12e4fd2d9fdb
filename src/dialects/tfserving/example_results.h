#pragma once

#include <span>
#include <vector>

#include "models/labels.h"
#include "models/tensor.h"
#include "tfserving/prediction_service.views.h"

namespace parlance::dialects::tfserving {

/// What Classify says of the rows of an output of scores: every class, in the model's order, under its label
/// if there are labels. Borrows.
class ClassifiedRows {
 public:
  ClassifiedRows(const models::Tensor& scores, std::span<const std::string> labels);
  ClassifiedRows(ClassifiedRows&&) = delete;

  const ::tensorflow::serving::ClassificationResultFields& fields() const { return fields_; }

 private:
  std::vector<::tensorflow::serving::ClassFields> classes_;
  std::vector<::tensorflow::serving::ClassificationsFields> rows_;
  ::tensorflow::serving::ClassificationResultFields fields_;
};

/// What Regress says of an output with a number a row. Borrows.
class RegressedRows {
 public:
  explicit RegressedRows(const models::Tensor& values);
  RegressedRows(RegressedRows&&) = delete;

  const ::tensorflow::serving::RegressionResultFields& fields() const { return fields_; }

 private:
  std::vector<::tensorflow::serving::RegressionFields> rows_;
  ::tensorflow::serving::RegressionResultFields fields_;
};

}  // namespace parlance::dialects::tfserving
