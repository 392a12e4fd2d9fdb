#include "app/quantities.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <string_view>

namespace parlance::app {
namespace {

// Three digits that count, of a value below 1,000.
std::string three_digits(double value) {
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  if (value >= 9.995) return fmt::format("{:.1f}", value);
  return fmt::format("{:.2f}", value);
}

// In the largest unit of which there is at least one.
template <std::size_t kUnits>
std::string in_units(double value, const std::array<std::string_view, kUnits>& units) {
  if (value < 999.5) return fmt::format("{:.0f} {}", value, units[0]);
  std::size_t unit = 0;
  while (unit + 1 < units.size() && value >= 999.5) {
    value /= 1'000;
    ++unit;
  }
  return fmt::format("{} {}", three_digits(value), units[unit]);
}

}  // namespace

std::string time_text(Duration time) {
  constexpr std::array<std::string_view, 4> kUnits{"ns", "µs", "ms", "s"};
  return in_units(static_cast<double>(std::chrono::nanoseconds{time}.count()), kUnits);
}

std::string bytes_text(double bytes) {
  constexpr std::array<std::string_view, 5> kUnits{"B", "kB", "MB", "GB", "TB"};
  return in_units(bytes, kUnits);
}

std::string count_text(std::uint64_t count) {
  std::string digits = fmt::format("{}", count);
  for (std::size_t behind = 3; behind < digits.size(); behind += 4)
    digits.insert(digits.size() - behind, ",");
  return digits;
}

std::string number_text(double number) {
  const bool whole = number >= 99.95 || number == 0;
  return whole ? count_text(static_cast<std::uint64_t>(std::llround(number))) : three_digits(number);
}

}  // namespace parlance::app
