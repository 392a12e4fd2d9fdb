#pragma once

#include <simdjson.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/status.h"

// Only sources of dialects include this.

namespace parlance::dialects {

/// A JSON text that a caller sent, parsed.
class JsonDocument {
 public:
  /// INVALID_ARGUMENT, INVALID_INPUT, for what is not JSON, is not UTF-8 or is nested deeper than a thousand
  /// levels; `hint` says at the end what to send.
  static Result<JsonDocument> parse(std::string_view text, std::string_view hint);

  /// Lives as long as this.
  simdjson::dom::element root() const { return root_; }

 private:
  JsonDocument(std::unique_ptr<simdjson::dom::parser> parser, simdjson::dom::element root)
      : parser_(std::move(parser)), root_(root) {}

  std::unique_ptr<simdjson::dom::parser> parser_;
  simdjson::dom::element root_;
};

/// The number that an element is, when T has it; of floating-point numbers the nearest one. Of bool: true,
/// false, 0 and 1.
template <std::floating_point T>
std::optional<T> number_of(simdjson::dom::element element) {
  double number = 0;
  if (element.get(number) != simdjson::SUCCESS) return {};
  if (std::abs(number) > std::numeric_limits<T>::max()) return {};
  return static_cast<T>(number);
}
template <std::integral T>
std::optional<T> number_of(simdjson::dom::element element) {
  std::int64_t number = 0;
  std::uint64_t large = 0;
  if (element.get(number) == simdjson::SUCCESS && std::in_range<T>(number)) return static_cast<T>(number);
  if (element.get(large) == simdjson::SUCCESS && std::in_range<T>(large)) return static_cast<T>(large);
  return {};
}
template <>
inline std::optional<bool> number_of<bool>(simdjson::dom::element element) {
  bool value = false;
  if (element.get(value) == simdjson::SUCCESS) return value;
  const std::optional<std::uint8_t> number = number_of<std::uint8_t>(element);
  if (number && *number <= 1) return *number == 1;
  return {};
}

/// "a text", "an object" and so on.
std::string_view kind_of(simdjson::dom::element element);

}  // namespace parlance::dialects
