#include "scheduling/rows.h"

#include <algorithm>

namespace parlance::scheduling {

bool has_rows(const models::Signature& signature) {
  const auto is_open = [](const models::TensorSpec& spec) {
    return !spec.shape.empty() && spec.shape[0] == models::kAnyDimension;
  };
  return !signature.inputs.empty() && std::ranges::all_of(signature.inputs, is_open) &&
         std::ranges::all_of(signature.outputs, is_open);
}

std::size_t rows_of(std::span<const models::Tensor> inputs) {
  if (inputs.empty() || inputs.front().shape().empty()) return 1;
  return static_cast<std::size_t>(std::max<std::int64_t>(inputs.front().shape()[0], 0));
}

}  // namespace parlance::scheduling
