#include "models/config/yaml_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <set>

#include "models/config/file_name.h"

namespace parlance::models::config {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLongest = 24h;

/// The number that `text` begins with and what follows it.
struct LeadingNumber {
  double number;
  std::string_view rest;
};

std::optional<LeadingNumber> leading_number(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || !std::isfinite(number) || number < 0) return std::nullopt;
  return LeadingNumber{number, text.substr(static_cast<std::size_t>(end - text.data()))};
}

/// Nothing for what is longer than a day.
std::optional<Duration> times(double number, Duration unit) {
  const double nanoseconds = number * static_cast<double>(unit.count());
  if (nanoseconds > static_cast<double>(kLongest.count())) return std::nullopt;
  return Duration{std::llround(nanoseconds)};
}

Duration read_in(const YAML::Node& node, std::string_view key, Duration unit, std::string_view unit_name) {
  const std::optional<LeadingNumber> leading = node.IsScalar() ? leading_number(node.Scalar()) : std::nullopt;
  const std::optional<Duration> value =
      leading && leading->rest.empty() ? times(leading->number, unit) : std::nullopt;
  if (!value) fail(node, fmt::format("\"{}\" must be a number of {}, of at most a day", key, unit_name));
  return *value;
}

std::string known_names(const std::vector<Key>& keys) {
  std::vector<std::string_view> names;
  for (const Key& each : keys) names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

void fail(const YAML::Node& node, std::string what) {
  throw ConfigError{node.Mark().line + 1, std::move(what)};
}

void read_mapping(const YAML::Node& node, std::string_view what, const std::vector<Key>& keys) {
  if (!node.IsMap()) fail(node, fmt::format("{} must be a mapping", what));
  std::set<std::string_view> seen;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar()) fail(entry.first, fmt::format("a key of {} must be a text", what));
    const std::string& name = entry.first.Scalar();
    const auto key = std::ranges::find_if(keys, [&](const Key& each) {
      return each.name == name || (!each.alias.empty() && each.alias == name);
    });
    if (key == keys.end())
      fail(entry.first, fmt::format("unknown key \"{}\" in {} (known: {})", name, what, known_names(keys)));
    if (!seen.insert(key->name).second) fail(entry.first, fmt::format("\"{}\" is given twice", key->name));
    key->read(entry.second);
  }
}

std::string read_text(const YAML::Node& node, std::string_view key) {
  if (!node.IsScalar() || node.Scalar().empty()) fail(node, fmt::format("\"{}\" must be a text", key));
  return node.Scalar();
}

std::vector<std::string> read_texts(const YAML::Node& node, std::string_view key) {
  if (!node.IsSequence() || node.size() == 0) fail(node, fmt::format("\"{}\" must be a list of names", key));
  std::vector<std::string> texts;
  for (const YAML::Node& item : node) texts.push_back(read_text(item, key));
  return texts;
}

std::string read_file_name(const YAML::Node& node, std::string_view key) {
  std::string name = read_text(node, key);
  if (!stays_inside(name))
    fail(node, fmt::format("\"{}\" must be a file inside the model's folder, got \"{}\"", key, name));
  return name;
}

bool read_bool(const YAML::Node& node, std::string_view key) {
  if (node.IsScalar() && node.Scalar() == "true") return true;
  if (node.IsScalar() && node.Scalar() == "false") return false;
  fail(node, fmt::format("\"{}\" must be true or false", key));
}

std::int64_t read_number(const YAML::Node& node, std::string_view key, std::int64_t least,
                         std::int64_t most) {
  std::int64_t value = 0;
  bool whole = false;
  if (node.IsScalar()) {
    const std::string& text = node.Scalar();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    whole = error == std::errc{} && end == text.data() + text.size();
  }
  if (!whole || value < least || value > most)
    fail(node, fmt::format("\"{}\" must be a whole number from {} to {}", key, least, most));
  return value;
}

std::vector<std::int64_t> read_numbers(const YAML::Node& node, std::string_view key, std::int64_t least,
                                       std::int64_t most) {
  if (!node.IsSequence() || node.size() == 0)
    fail(node, fmt::format("\"{}\" must be a list of whole numbers", key));
  std::vector<std::int64_t> numbers;
  for (const YAML::Node& item : node) {
    const std::int64_t number = read_number(item, key, least, most);
    if (std::ranges::count(numbers, number) > 0) fail(item, fmt::format("\"{}\" has {} twice", key, number));
    numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  return numbers;
}

Duration read_ms(const YAML::Node& node, std::string_view key) {
  return read_in(node, key, 1ms, "milliseconds");
}

Duration read_us(const YAML::Node& node, std::string_view key) {
  return read_in(node, key, 1us, "microseconds");
}

Duration read_duration(const YAML::Node& node, std::string_view key) {
  struct Unit {
    std::string_view name;
    Duration length;
  };
  static constexpr std::array kUnits{Unit{"us", 1us}, Unit{"ms", 1ms}, Unit{"s", 1s}, Unit{"m", 1min}};
  const std::optional<LeadingNumber> leading = node.IsScalar() ? leading_number(node.Scalar()) : std::nullopt;
  const auto unit = leading ? std::ranges::find(kUnits, leading->rest, &Unit::name) : kUnits.end();
  const std::optional<Duration> value =
      unit != kUnits.end() ? times(leading->number, unit->length) : std::nullopt;
  if (!value)
    fail(node, fmt::format("\"{}\" must be a duration with its unit (us, ms, s or m), as in 50ms", key));
  return *value;
}

}  // namespace parlance::models::config
