#pragma once

#include <optional>
#include <string>

#include "base/status.h"
#include "dialects/tfserving/json_text.h"
#include "models/signature.h"
#include "models/tensor.h"

// Only sources of this folder include this.
namespace parlance::dialects::tfserving {

/// A tensor from one JSON value, or from several that are its rows.
class JsonTensor {
 public:
  /// `spec` outlives it.
  explicit JsonTensor(const models::TensorSpec& spec) : spec_(spec) {}

  /// One more value: numbers, texts or {"b64": "…"} in arrays within each other. All of one JsonTensor have
  /// the shape of the first. INVALID_ARGUMENT, and UNIMPLEMENTED for halves, with TensorFlow Serving's texts.
  Status add(simdjson::dom::element value);

  /// The only value.
  models::Tensor value() const { return tensor(shape_.value_or(models::Shape{})); }
  /// All of them, as its rows.
  models::Tensor rows() const;

 private:
  Status fill(simdjson::dom::element value, std::size_t level, const models::Shape& shape);
  Status put(simdjson::dom::element value);
  template <typename T>
  Status put_number(simdjson::dom::element value);
  Status put_text(simdjson::dom::element value);
  Status wrong_type(simdjson::dom::element value) const;
  models::Tensor tensor(models::Shape shape) const;

  const models::TensorSpec& spec_;
  std::optional<models::Shape> shape_;  // of each value
  std::size_t first_size_ = 0;
  std::size_t size_ = 0;  // of the value that is read
  std::int64_t count_ = 0;
  std::string bytes_;
};

}  // namespace parlance::dialects::tfserving
