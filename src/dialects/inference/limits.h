#pragma once

#include <cstddef>

namespace parlance::dialects::inference {

struct Limits {
  /// Rows of one Predict and requests of one BatchPredict. At 64 features a request, as many fit in a
  /// 4 MiB message sixteen times over; a model's activations grow with it.
  std::size_t max_batch = 1024;
};

/// The classes in `top_k`.
inline constexpr std::size_t kTopK = 5;

}  // namespace parlance::dialects::inference
