#pragma once

#include <string_view>

#include "base/bytes.h"
#include "base/status.h"
#include "models/signature.h"
#include "models/tensor.h"

namespace parlance::models {

/// How the bytes of a file become the input of a model. Stateless: any thread, at any time.
class InputTransform {
 public:
  virtual ~InputTransform() = default;

  /// As `raw_input.transform` of model.yaml names it.
  virtual std::string_view name() const = 0;
  /// OK when what apply() makes is an input of such a model; FAILED_PRECONDITION in words otherwise.
  virtual Status check(const Signature& signature) const = 0;
  /// The model's only input, a batch of one, which owns its bytes. INVALID_ARGUMENT in words for bytes that
  /// the model cannot judge.
  virtual Result<Tensor> apply(Bytes raw) const = 0;
};

/// The transform of that name; null when there is none. It lives as long as the program.
const InputTransform* find_transform(std::string_view name);

}  // namespace parlance::models
