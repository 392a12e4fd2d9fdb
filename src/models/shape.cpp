#include "models/shape.h"

#include <limits>

namespace parlance::models {

std::optional<std::size_t> element_count(std::span<const std::int64_t> shape) {
  std::size_t count = 1;
  for (const std::int64_t dimension : shape) {
    if (dimension < 0) return std::nullopt;
    if (__builtin_mul_overflow(count, static_cast<std::size_t>(dimension), &count)) return std::nullopt;
  }
  return count;
}

bool fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> pattern) {
  if (shape.size() != pattern.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] < 0) return false;
    if (pattern[i] != kAnyDimension && pattern[i] != shape[i]) return false;
  }
  return true;
}

std::string to_string(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (const std::int64_t dimension : shape) {
    if (text.size() > 1) text += ", ";
    text += std::to_string(dimension);
  }
  return text + "]";
}

}  // namespace parlance::models
