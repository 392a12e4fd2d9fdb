#include "app/java_properties.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>

namespace parlance::app {
namespace {

constexpr std::string_view kBlanks = " \t\f";

/// A line as Java means it, of one or more of the file.
struct LogicalLine {
  std::string text;  // escapes as they are
  int number = 0;    // of its first line
};

std::string_view take_line(std::string_view& text) {
  const std::size_t end = text.find_first_of("\r\n");
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(line.size());
  if (text.starts_with("\r\n")) text.remove_prefix(1);
  if (!text.empty()) text.remove_prefix(1);
  return line;
}

std::string_view without_indent(std::string_view line) {
  return line.substr(std::min(line.find_first_not_of(kBlanks), line.size()));
}

bool goes_on(std::string_view line) {
  const std::size_t last = line.find_last_not_of('\\');
  const std::size_t backslashes = line.size() - (last == std::string_view::npos ? 0 : last + 1);
  return backslashes % 2 == 1;
}

std::vector<LogicalLine> logical_lines(std::string_view text) {
  std::vector<LogicalLine> lines;
  for (int number = 1; !text.empty(); ++number) {
    std::string_view line = without_indent(take_line(text));
    if (line.empty() || line.starts_with('#') || line.starts_with('!')) continue;
    LogicalLine joined{.text = {}, .number = number};
    for (; goes_on(line) && !text.empty(); ++number) {
      joined.text += line.substr(0, line.size() - 1);
      line = without_indent(take_line(text));
    }
    joined.text += goes_on(line) ? line.substr(0, line.size() - 1) : line;
    lines.push_back(std::move(joined));
  }
  return lines;
}

void append_utf8(std::string& text, std::uint32_t code) {
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) return put(code);
  if (code < 0x800) return put(0xC0 | code >> 6), put(0x80 | (code & 0x3F));
  put(0xE0 | code >> 12);
  put(0x80 | (code >> 6 & 0x3F));
  put(0x80 | (code & 0x3F));
}

/// Nothing: a \u without four digits.
std::optional<std::string> unescaped(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const char each = text.front();
    text.remove_prefix(1);
    if (each != '\\' || text.empty()) {
      plain += each;
      continue;
    }
    const char escaped = text.front();
    text.remove_prefix(1);
    constexpr std::string_view kLetters = "tnrf";
    constexpr std::string_view kMeant = "\t\n\r\f";
    if (const std::size_t at = kLetters.find(escaped); at != std::string_view::npos) {
      plain += kMeant[at];
    } else if (escaped != 'u') {
      plain += escaped;
    } else {
      std::uint32_t code = 0;
      const std::string_view digits = text.substr(0, 4);
      const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), code, 16);
      if (digits.size() < 4 || error != std::errc{} || rest != digits.end()) return std::nullopt;
      append_utf8(plain, code);
      text.remove_prefix(4);
    }
  }
  return plain;
}

/// Where the key ends: at the first blank, '=' or ':' without a backslash before it.
std::size_t end_of_key(std::string_view line) {
  for (std::size_t at = 0; at < line.size(); ++at) {
    if (line[at] == '\\') {
      ++at;
    } else if (line[at] == '=' || line[at] == ':' || kBlanks.find(line[at]) != std::string_view::npos) {
      return at;
    }
  }
  return line.size();
}

}  // namespace

std::expected<std::vector<std::pair<std::string, std::string>>, std::string> parse_java_properties(
    std::string_view text) {
  std::vector<std::pair<std::string, std::string>> properties;
  for (const LogicalLine& line : logical_lines(text)) {
    const std::string_view all = line.text;
    const std::size_t end = end_of_key(all);
    std::string_view value = without_indent(all.substr(end));
    if (value.starts_with('=') || value.starts_with(':')) value = without_indent(value.substr(1));
    auto key_text = unescaped(all.substr(0, end));
    auto value_text = unescaped(value);
    if (!key_text || !value_text)
      return std::unexpected(fmt::format("line {}: \\u needs four hexadecimal digits", line.number));
    properties.emplace_back(*std::move(key_text), *std::move(value_text));
  }
  return properties;
}

}  // namespace parlance::app
