#pragma once

#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace parlance {

/// Appends a text, or an integer in decimal.
inline void append_part(std::string& text, std::string_view part) { text.append(part); }
void append_part(std::string& text, std::integral auto number) {
  char digits[24];
  text.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

/// The parts, texts and integers, one behind the other: concat("message of ", size, " bytes").
template <typename... Parts>
std::string concat(const Parts&... parts) {
  std::string text;
  (append_part(text, parts), ...);
  return text;
}

}  // namespace parlance
