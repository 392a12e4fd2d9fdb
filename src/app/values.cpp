#include "app/values.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

namespace parlance::app {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array kTimeUnits{Unit{"us", 1e3}, Unit{"ms", 1e6}, Unit{"s", 1e9}, Unit{"m", 60e9},
                                Unit{"h", 3600e9}};  // nanoseconds
constexpr std::array kSizeUnits{
    Unit{"KiB", 1024.0}, Unit{"MiB", 1024.0 * 1024}, Unit{"GiB", 1024.0 * 1024 * 1024},
    Unit{"K", 1024.0},   Unit{"M", 1024.0 * 1024},   Unit{"G", 1024.0 * 1024 * 1024}};

// A number without sign or exponent, and the unit behind it: the product.
std::optional<double> parse_with_unit(std::string_view text, std::span<const Unit> units) {
  double number = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number, std::chars_format::fixed);
  if (error != std::errc{} || text.starts_with('-') || !std::isfinite(number)) return std::nullopt;
  for (const Unit& unit : units) {
    if (unit.name == std::string_view{rest, end}) return number * unit.factor;
  }
  return std::nullopt;
}

std::unexpected<std::string> refuse(std::string_view text, std::string_view what) {
  return std::unexpected{fmt::format("'{}' is not {}", text, what)};
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  const std::optional<double> nanoseconds = parse_with_unit(text, kTimeUnits);
  if (!nanoseconds) return refuse(text, "a duration: a number and us, ms, s, m or h, as in 500ms or 1.5s");
  if (*nanoseconds >= static_cast<double>(Duration::max().count())) {
    return refuse(text, "a duration: it is longer than 292 years");
  }
  return Duration{std::llround(*nanoseconds)};
}

std::expected<std::size_t, std::string> parse_size(std::string_view text, std::size_t most_bytes) {
  std::optional<double> bytes = parse_with_unit(text, kSizeUnits);
  if (const auto whole = parse_count(text, most_bytes)) bytes = static_cast<double>(*whole);
  if (!bytes || *bytes > static_cast<double>(most_bytes)) {
    return refuse(
        text, fmt::format("a size of at most {} bytes: a number of bytes, or of KiB, MiB or GiB as in 4MiB",
                          most_bytes));
  }
  return static_cast<std::size_t>(*bytes);
}

std::expected<std::uint64_t, std::string> parse_count(std::string_view text, std::uint64_t most) {
  std::uint64_t number = 0;
  const char* begin = text.data();
  const char* end = begin + text.size();
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc{} || rest != end || number > most) {
    return refuse(text, fmt::format("a whole number from 0 to {}", most));
  }
  return number;
}

std::expected<float, std::string> parse_number(std::string_view text, float least, float most) {
  float number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number, std::chars_format::fixed);
  if (error != std::errc{} || rest != end || !(number >= least && number <= most)) {
    return refuse(text, fmt::format("a number from {} to {}", least, most));
  }
  return number;
}

std::string format_duration(Duration duration) {
  using namespace std::chrono;
  const auto whole = [duration](auto unit) { return duration % unit == Duration::zero(); };
  if (whole(hours{1}) && duration != Duration::zero()) return fmt::format("{}h", duration / hours{1});
  if (whole(minutes{1}) && duration != Duration::zero()) return fmt::format("{}m", duration / minutes{1});
  if (whole(seconds{1})) return fmt::format("{}s", duration / seconds{1});
  if (whole(milliseconds{1})) return fmt::format("{}ms", duration / milliseconds{1});
  return fmt::format("{}us", duration / microseconds{1});
}

}  // namespace parlance::app
