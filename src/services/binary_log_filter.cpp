#include "services/binary_log_filter.h"

#include <algorithm>
#include <charconv>

#include "base/concat.h"

namespace parlance::services {
namespace {

using Error = std::unexpected<std::string>;

Error wrong(std::string_view rule, std::string_view why) {
  return Error{concat("binary log rule '", rule, "': ", why)};
}

// "h", "h:256": the letter is checked by the caller. Nothing when the number is none.
std::optional<std::uint64_t> limit_of(std::string_view text) {
  if (text.size() == 1) return BinaryLogLimits::kAll;
  if (text[1] != ':') return std::nullopt;
  const std::string_view digits = text.substr(2);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

// What stands between the braces: "h", "m:1024", "h:256;m".
std::optional<BinaryLogLimits> limits_in(std::string_view text) {
  BinaryLogLimits limits{.header_bytes = 0, .message_bytes = 0};
  const std::size_t middle = text.find(';');
  const std::string_view first = text.substr(0, middle);
  if (first.empty() || (first[0] != 'h' && first[0] != 'm')) return std::nullopt;
  const auto value = limit_of(first);
  if (!value) return std::nullopt;
  (first[0] == 'h' ? limits.header_bytes : limits.message_bytes) = *value;
  if (middle == std::string_view::npos) return limits;

  const std::string_view second = text.substr(middle + 1);
  if (first[0] != 'h' || second.empty() || second[0] != 'm') return std::nullopt;
  const auto message_bytes = limit_of(second);
  if (!message_bytes) return std::nullopt;
  limits.message_bytes = *message_bytes;
  return limits;
}

bool is_name(std::string_view text) {
  return !text.empty() && text.find_first_of("/*{}- \t") == std::string_view::npos;
}

}  // namespace

std::expected<BinaryLogFilter, std::string> BinaryLogFilter::parse(std::string_view text) {
  BinaryLogFilter filter;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    if (auto added = filter.add(text.substr(0, comma)); !added) return Error{std::move(added.error())};
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
    if (text.empty()) return wrong("", "there is none behind the last comma");
  }
  return filter;
}

std::expected<void, std::string> BinaryLogFilter::add(std::string_view rule) {
  const bool excludes = rule.starts_with('-');
  const std::size_t brace = rule.find('{');
  const std::string_view pattern = rule.substr(0, brace).substr(excludes ? 1 : 0);
  BinaryLogLimits limits;
  if (brace != std::string_view::npos) {
    if (excludes) return wrong(rule, "what is not logged has no limits");
    if (!rule.ends_with('}')) return wrong(rule, "the limits do not end with '}'");
    const auto given = limits_in(rule.substr(brace + 1, rule.size() - brace - 2));
    if (!given) return wrong(rule, "limits are {h}, {m}, {h;m}, each with or without ':' and bytes");
    limits = *given;
  }
  if (pattern == "*" && !excludes) {
    if (all_) return wrong(rule, "there are two for every call");
    all_ = limits;
    return {};
  }
  const std::size_t slash = pattern.find('/');
  const std::string_view service = pattern.substr(0, slash);
  const std::string_view method = slash == pattern.npos ? std::string_view{} : pattern.substr(slash + 1);
  if (!is_name(service) || (method != "*" && !is_name(method))) {
    return wrong(rule, "it is none of *, service/*, service/method, -service/method");
  }
  if (method == "*") {
    if (excludes) return wrong(rule, "only single methods can be left out");
    if (!services_.emplace(service, limits).second) return wrong(rule, "there are two for this service");
    return {};
  }
  const bool is_new = !methods_.contains(pattern) && !excluded_.contains(pattern);
  if (!is_new) return wrong(rule, "there are two for this method");
  if (excludes) {
    excluded_.emplace(pattern);
  } else {
    methods_.emplace(pattern, limits);
  }
  return {};
}

std::optional<BinaryLogLimits> BinaryLogFilter::limits_of(std::string_view path) const {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (excluded_.contains(path)) return std::nullopt;
  if (const auto found = methods_.find(path); found != methods_.end()) return found->second;
  const auto found = services_.find(path.substr(0, path.find('/')));
  return found != services_.end() ? found->second : all_;
}

}  // namespace parlance::services
