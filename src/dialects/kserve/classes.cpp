#include "dialects/kserve/classes.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/concat.h"
#include "dialects/invalid_input.h"
#include "models/byte_elements.h"
#include "models/number_type.h"

namespace parlance::dialects::kserve {
namespace {

using models::DataType;
using models::Tensor;

template <typename T>
bool ranks_before(T a, T b) {
  if constexpr (std::is_floating_point_v<T>) {
    if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  }
  return a > b;
}

template <typename T>
void append_best(std::string& elements, std::span<const T> scores, const AskedClasses& asked) {
  std::vector<std::size_t> places(scores.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  const auto count = static_cast<std::ptrdiff_t>(std::min(asked.count, scores.size()));
  std::partial_sort(places.begin(), places.begin() + count, places.end(), [&](std::size_t a, std::size_t b) {
    if (ranks_before(scores[a], scores[b])) return true;
    return !ranks_before(scores[b], scores[a]) && a < b;
  });
  for (const std::size_t place : std::span{places}.first(static_cast<std::size_t>(count))) {
    std::string text = concat(std::to_string(scores[place]), ":", place);
    if (place < asked.labels.size()) text += ':' + asked.labels[place];
    models::append_element(elements, text);
  }
}

/// Rows of `tensor`, whose bytes need not lie aligned for T.
template <typename T>
std::string best_of(const Tensor& tensor, std::size_t rows, const AskedClasses& asked) {
  const Buffer aligned = Buffer::copy_of(tensor.bytes());
  const std::span<const T> scores{reinterpret_cast<const T*>(aligned.data()), aligned.size() / sizeof(T)};
  std::string elements;
  for (std::size_t row = 0; row < rows; ++row)
    append_best(elements, scores.subspan(row * (scores.size() / rows), scores.size() / rows), asked);
  return elements;
}

std::optional<std::string> best_of_type(const Tensor& tensor, std::size_t rows, const AskedClasses& asked) {
  if (tensor.type() == DataType::kBool) return std::nullopt;
  return models::with_number_type(
      tensor.type(), [&]<typename T>(std::type_identity<T>) { return best_of<T>(tensor, rows, asked); });
}

}  // namespace

Result<Tensor> to_classes(const Tensor& scores, const AskedClasses& asked) {
  const models::Shape& shape = scores.shape();
  const bool by_row = asked.by_row && !shape.empty();
  const std::size_t rows = by_row ? static_cast<std::size_t>(shape[0]) : 1;
  const std::size_t count = models::element_count(shape).value_or(0);
  if (count > kMostScores) return invalid("classification output tensor too large");
  std::optional<std::string> elements = best_of_type(scores, rows, asked);
  if (!elements)
    return invalid(concat("class result not available for output due to unsupported type '",
                          models::to_string(scores.type()), "'"));
  models::Shape classes;
  if (by_row) classes.push_back(shape[0]);
  const std::size_t of_row = rows == 0 ? 0 : count / rows;
  classes.push_back(static_cast<std::int64_t>(std::min(asked.count, of_row)));
  return Tensor::owning(scores.name(), DataType::kBytes, std::move(classes),
                        Buffer::adopt(*std::move(elements)));
}

}  // namespace parlance::dialects::kserve
