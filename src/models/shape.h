#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace parlance::models {

/// The dimensions of a tensor, outermost first. In a signature −1 stands for any size, in a tensor there is
/// none. Empty: a scalar.
using Shape = std::vector<std::int64_t>;

/// Any size, where a signature leaves it open.
inline constexpr std::int64_t kAnyDimension = -1;

/// How many elements a tensor of that shape has; nothing when a dimension is negative or the product does
/// not fit.
std::optional<std::size_t> element_count(std::span<const std::int64_t> shape);

/// Whether a tensor of `shape` is one that `pattern` (with −1 for any) allows.
bool fits(std::span<const std::int64_t> shape, std::span<const std::int64_t> pattern);

/// "[-1, 64]"; "[]" for a scalar.
std::string to_string(std::span<const std::int64_t> shape);

}  // namespace parlance::models
