#include "app/bench_rates.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <optional>

namespace parlance::app {
namespace {

constexpr double kHighestRate = 1e9;

std::optional<double> parse_rate(std::string_view text) {
  double rate = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  const bool all = error == std::errc{} && end == text.data() + text.size();
  return all && rate > 0 && rate <= kHighestRate ? std::optional{rate} : std::nullopt;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t colon; (colon = text.find(':')) != std::string_view::npos; text.remove_prefix(colon + 1)) {
    parts.push_back(text.substr(0, colon));
  }
  parts.push_back(text);
  return parts;
}

}  // namespace

std::expected<std::vector<double>, std::string> parse_rates(std::string_view text) {
  std::vector<double> numbers;
  for (const std::string_view part : split(text)) {
    const auto rate = parse_rate(part);
    if (!rate) break;
    numbers.push_back(*rate);
  }
  const std::vector<std::string_view> parts = split(text);
  if (numbers.size() != parts.size() || (parts.size() != 1 && parts.size() != 3)) {
    return std::unexpected{fmt::format(
        "'{}' is not a rate: calls a second, as in 5000, or FROM:TO:STEP, as in 1000:10000:1000", text)};
  }
  if (numbers.size() == 1) return numbers;
  const double from = numbers[0];
  const double by = numbers[1] >= from ? numbers[2] : -numbers[2];
  constexpr double kRounding = 1e-9;
  const double steps = std::floor((numbers[1] - from) / by + kRounding) + 1;
  if (steps > static_cast<double>(kMostRateSteps)) {
    return std::unexpected{fmt::format("'{}' has {:.0f} steps; at most {}", text, steps, kMostRateSteps)};
  }
  std::vector<double> rates;
  for (int i = 0; i < static_cast<int>(steps); ++i) rates.push_back(from + i * by);
  return rates;
}

}  // namespace parlance::app
