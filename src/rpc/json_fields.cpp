#include "rpc/json_fields.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/concat.h"

namespace parlance::detail {

using Json = nlohmann::json;

namespace {

/// A config from DNS may hold anything; values in messages stay readable.
constexpr std::size_t kMaxShownValue = 60;
/// More than any policy inside another needs, and little enough to be read by recursion.
constexpr int kMaxDepth = 64;
constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::string shown(const Json& value) {
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMaxShownValue) text = text.substr(0, kMaxShownValue) + "…";
  return text;
}

std::string original_name(std::string_view camel) {
  std::string name;
  for (const char c : camel) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) name += '_';
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  return name;
}

template <typename Number>
std::optional<Number> parse_digits(std::string_view digits) {
  Number number{};
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return number;
}

std::optional<std::uint64_t> read_whole(const Json& value) {
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  if (value.is_string()) return parse_digits<std::uint64_t>(value.get_ref<const std::string&>());
  if (!value.is_number_float()) return std::nullopt;
  const double number = value.get<double>();
  constexpr double kExactBelow = 9007199254740992.0;  // 2^53
  if (number < 0 || number >= kExactBelow || number != std::floor(number)) return std::nullopt;
  return static_cast<std::uint64_t>(number);
}

bool all_digits(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Digits, up to nine more behind a point, "s" (proto3 JSON, google.protobuf.Duration).
std::optional<Duration> read_duration(const Json& value) {
  constexpr std::size_t kMaxFraction = 9;
  if (!value.is_string()) return std::nullopt;
  std::string_view text = value.get_ref<const std::string&>();
  if (!text.ends_with('s')) return std::nullopt;
  text.remove_suffix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  std::string fraction{point == std::string_view::npos ? std::string_view{"0"} : text.substr(point + 1)};
  if (whole.empty() || fraction.empty() || fraction.size() > kMaxFraction) return std::nullopt;
  if (!all_digits(whole) || !all_digits(fraction)) return std::nullopt;
  fraction.resize(kMaxFraction, '0');
  const auto seconds = parse_digits<std::int64_t>(whole);
  if (!seconds || *seconds >= Duration::max().count() / kNanosecondsPerSecond) return Duration::max();
  return std::chrono::nanoseconds{*seconds * kNanosecondsPerSecond + *parse_digits<std::int64_t>(fraction)};
}

}  // namespace

void JsonProblem::say(std::string text) {
  if (!found()) text_ = std::move(text);
}

void JsonProblem::wrong(std::string_view path, const Json& value, std::string_view must) {
  say(concat(path, " is ", std::string_view{shown(value)}, "; it must be ", must));
}

void JsonProblem::missing(std::string_view path, std::string_view must) {
  say(concat(path, " is missing; it must be ", must));
}

JsonFields::JsonFields(const Json& object, std::string path, JsonProblem& problem)
    : object_(object), path_(std::move(path)), problem_(problem) {
  if (!object.is_object()) problem.wrong(path_.empty() ? "the service config" : path_, object, "an object");
}

std::string JsonFields::path_of(std::string_view name) const {
  return path_.empty() ? std::string{name} : path_ + "." + std::string{name};
}

const Json* JsonFields::find(std::string_view name) const {
  if (!object_.is_object()) return nullptr;
  auto found = object_.find(name);
  if (found == object_.end()) found = object_.find(original_name(name));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const Json* JsonFields::find(std::string_view name, Presence presence, std::string_view must) const {
  const Json* value = find(name);
  if (value == nullptr && presence == Presence::kRequired) problem_.missing(path_of(name), must);
  return value;
}

void JsonFields::wrong(std::string_view name, const Json& value, std::string_view must) const {
  problem_.wrong(path_of(name), value, must);
}

std::optional<bool> JsonFields::boolean(std::string_view name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  wrong(name, *value, "true or false");
  return std::nullopt;
}

std::optional<std::string> JsonFields::text(std::string_view name) const {
  const Json* value = find(name);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  wrong(name, *value, "a text");
  return std::nullopt;
}

std::optional<std::uint64_t> JsonFields::whole(std::string_view name, WholeRange range,
                                               Presence presence) const {
  const std::string must = concat("a whole number from ", range.low, " to ", range.high);
  const Json* value = find(name, presence, must);
  if (value == nullptr) return std::nullopt;
  const auto number = read_whole(*value);
  if (number && *number >= range.low && *number <= range.high) return number;
  wrong(name, *value, must);
  return std::nullopt;
}

std::optional<double> JsonFields::number(std::string_view name, bool zero_too, Presence presence) const {
  const std::string_view must = zero_too ? "a number of at least 0" : "a number greater than 0";
  const Json* value = find(name, presence, must);
  if (value == nullptr) return std::nullopt;
  if (value->is_number()) {
    const double number = value->get<double>();
    if (number > 0 || (zero_too && number == 0)) return number;
  }
  wrong(name, *value, must);
  return std::nullopt;
}

std::optional<double> JsonFields::number_above_zero(std::string_view name, Presence presence) const {
  return number(name, false, presence);
}

std::optional<double> JsonFields::number_from_zero(std::string_view name) const {
  return number(name, true, Presence::kOptional);
}

std::optional<Duration> JsonFields::duration(std::string_view name, bool zero_too, Presence presence) const {
  const std::string_view must =
      zero_too ? "seconds as a text, such as \"1.5s\"" : "seconds as a text, more than 0, such as \"1.5s\"";
  const Json* value = find(name, presence, must);
  if (value == nullptr) return std::nullopt;
  const auto duration = read_duration(*value);
  if (duration && (zero_too || *duration > Duration::zero())) return duration;
  wrong(name, *value, must);
  return std::nullopt;
}

std::optional<Duration> JsonFields::duration(std::string_view name) const {
  return duration(name, true, Presence::kOptional);
}

std::optional<Duration> JsonFields::duration_above_zero(std::string_view name, Presence presence) const {
  return duration(name, false, presence);
}

void JsonFields::object(std::string_view name, const std::function<void(const JsonFields&)>& read) const {
  const Json* value = find(name);
  if (value == nullptr) return;
  const JsonFields fields{*value, path_of(name), problem_};
  if (value->is_object()) read(fields);
}

bool JsonFields::each(std::string_view name, const ReadElement& read) const {
  const Json* value = find(name);
  if (value == nullptr) return false;
  if (!value->is_array()) {
    wrong(name, *value, "a list");
    return true;
  }
  for (std::size_t i = 0; i < value->size(); ++i) read((*value)[i], concat(path_of(name), "[", i, "]"));
  return true;
}

bool JsonFields::each_object(std::string_view name,
                             const std::function<void(const JsonFields&)>& read) const {
  return each(name, [&](const Json& element, const std::string& path) {
    const JsonFields fields{element, path, problem_};
    if (element.is_object()) read(fields);
  });
}

std::optional<Json> parse_json(std::string_view text, std::string_view what, JsonProblem& problem) {
  bool too_deep = false;
  const auto limit_depth = [&too_deep](int depth, Json::parse_event_t, Json&) {
    too_deep |= depth > kMaxDepth;
    return !too_deep;
  };
  try {
    Json document = Json::parse(text, limit_depth);
    if (!too_deep) return document;
    problem.say(concat(what, " is nested deeper than ", kMaxDepth, " levels"));
  } catch (const Json::parse_error& error) {
    problem.say(concat(what, " is not JSON: it goes wrong at byte ", error.byte));
  }
  return std::nullopt;
}

}  // namespace parlance::detail
