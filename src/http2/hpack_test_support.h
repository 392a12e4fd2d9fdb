#pragma once

#include <cstdint>
#include <ostream>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "http2/header_field.h"

namespace parlance::http2::test {

/// A field that owns its strings; compares by value.
struct Field {
  std::string name;
  std::string value;
  bool never_indexed = false;
  bool operator==(const Field&) const = default;
};
using Fields = std::vector<Field>;

inline void PrintTo(const Field& field, std::ostream* out) {
  *out << field.name << ": " << field.value << (field.never_indexed ? " (never indexed)" : "");
}

inline Fields owned(HeaderFields fields) {
  Fields result;
  for (const HeaderField& field : fields)
    result.push_back({std::string{field.name}, std::string{field.value}, field.never_indexed});
  return result;
}

/// Views of `fields`, which must outlive them.
inline std::vector<HeaderField> views(const Fields& fields) {
  std::vector<HeaderField> result;
  for (const Field& field : fields) {
    result.push_back({.name = field.name, .value = field.value});
    result.back().never_indexed = field.never_indexed;
  }
  return result;
}

/// "8286 8441" to octets; blanks are ignored.
inline std::vector<std::byte> octets(std::string_view hex) {
  std::vector<std::byte> result;
  unsigned high = 16;
  for (const char c : hex) {
    if (c == ' ') continue;
    const unsigned digit = c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'a' + 10);
    if (high == 16) {
      high = digit;
    } else {
      result.push_back(static_cast<std::byte>(high << 4 | digit));
      high = 16;
    }
  }
  return result;
}

/// Makes header sections as calls have them: names and values that recur, values that do not, and some that
/// hold any octet.
class RandomFields {
 public:
  explicit RandomFields(std::uint32_t seed) : random_(seed) {}

  std::mt19937& random() { return random_; }
  std::uint32_t below(std::uint32_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  Fields section() {
    Fields fields;
    for (std::uint32_t left = below(12); left > 0; --left) fields.push_back(field());
    return fields;
  }

 private:
  static constexpr std::string_view kNames[] = {
      ":method",      ":path",          ":scheme",      ":authority", ":status",
      "content-type", "content-length", "te",           "user-agent", "grpc-timeout",
      "grpc-status",  "grpc-message",   "traceparent",  "cookie",     "authorization",
      "x-custom",     "date",           "x-request-id", "accept",     "some-longer-metadata-name-bin"};
  static constexpr std::string_view kValues[] = {
      "",     "GET", "POST",  "/inference.InferenceService/Predict",
      "http", "200", "0",     "application/grpc",
      "50m",  "404", "https", "trailers"};

  Field field() {
    Field field{std::string{kNames[below(std::size(kNames))]}, value()};
    if (below(16) == 0) field.name = "x-" + text("abcdefghijklmnopqrstuvwxyz-", 30);
    field.never_indexed = below(20) == 0;
    return field;
  }

  std::string value() {
    switch (below(5)) {
      case 0:
        return text("0123456789abcdef", 40);
      case 1:
        return any_octets(below(8) == 0 ? 3000 : 60);
      default:
        return std::string{kValues[below(std::size(kValues))]};
    }
  }

  std::string text(std::string_view alphabet, std::uint32_t longest) {
    std::string result(below(longest + 1), ' ');
    for (char& c : result) c = alphabet[below(static_cast<std::uint32_t>(alphabet.size()))];
    return result;
  }

  std::string any_octets(std::uint32_t longest) {
    std::string result(below(longest + 1), ' ');
    for (char& c : result) c = static_cast<char>(below(256));
    return result;
  }

  std::mt19937 random_;
};

}  // namespace parlance::http2::test
