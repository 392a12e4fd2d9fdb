#include "edge/http_message.h"

#include <algorithm>
#include <charconv>

namespace parlance::edge {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equal_ignoring_case(std::string_view one, std::string_view other) {
  return std::ranges::equal(one, other, {}, to_lower, to_lower);
}

// '+' means a space in a query (application/x-www-form-urlencoded), and itself in a path.
enum class Plus : std::uint8_t { kItself, kSpace };

std::optional<std::string> decode_percent(std::string_view text, Plus plus) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::kSpace) {
      decoded += ' ';
    } else if (text[i] != '%') {
      decoded += text[i];
    } else {
      if (text.size() - i < 3) return std::nullopt;
      unsigned char byte = 0;
      const char* const digits = text.data() + i + 1;
      const auto [end, error] = std::from_chars(digits, digits + 2, byte, 16);
      if (error != std::errc{} || end != digits + 2) return std::nullopt;
      decoded += static_cast<char>(byte);
      i += 2;
    }
  }
  return decoded;
}

std::optional<HttpField> parse_parameter(std::string_view text) {
  const std::size_t equals = text.find('=');
  auto name = decode_percent(text.substr(0, equals), Plus::kSpace);
  const std::string_view rest = equals == std::string_view::npos ? "" : text.substr(equals + 1);
  auto value = decode_percent(rest, Plus::kSpace);
  if (!name || !value) return std::nullopt;
  return HttpField{*std::move(name), *std::move(value)};
}

std::optional<std::string_view> find(const std::vector<HttpField>& fields, std::string_view name) {
  const auto found = std::ranges::find_if(
      fields, [name](const HttpField& field) { return equal_ignoring_case(field.name, name); });
  if (found == fields.end()) return std::nullopt;
  return found->value;
}

}  // namespace

std::optional<std::string_view> HttpRequest::query_value(std::string_view name) const {
  const auto found = std::ranges::find(query, name, &HttpField::name);
  if (found == query.end()) return std::nullopt;
  return found->value;
}

std::optional<std::string_view> HttpRequest::field(std::string_view name) const { return find(fields, name); }

std::optional<HttpTarget> parse_target(std::string_view target) {
  if (!target.starts_with('/')) return std::nullopt;
  const std::size_t mark = target.find('?');
  auto path = decode_percent(target.substr(0, mark), Plus::kItself);
  if (!path) return std::nullopt;
  HttpTarget parsed{.path = *std::move(path), .query = {}};
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    if (end > 0) {
      auto parameter = parse_parameter(rest.substr(0, end));
      if (!parameter) return std::nullopt;
      parsed.query.push_back(*std::move(parameter));
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return parsed;
}

}  // namespace parlance::edge
