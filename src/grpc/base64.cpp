#include "grpc/base64.h"

#include <array>
#include <cstdint>

namespace parlance::grpc {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t kNotInAlphabet = 64;

constexpr std::array<std::uint8_t, 256> make_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNotInAlphabet);
  std::uint8_t value = 0;
  for (char digit : kAlphabet) values[static_cast<unsigned char>(digit)] = value++;
  return values;
}
constexpr auto kValues = make_values();

// Padding fills the last group of four; without it the group is just shorter.
std::optional<std::string_view> without_padding(std::string_view text) {
  const std::size_t end = text.find('=');
  if (end == std::string_view::npos) return text;
  const std::string_view padding = text.substr(end);
  const bool fits = text.size() % 4 == 0 && (padding == "=" || padding == "==");
  if (!fits) return std::nullopt;
  return text.substr(0, end);
}

}  // namespace

char* base64_encode_to(std::string_view bytes, char* out) {
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    bit_count += 8;
    while (bit_count >= 6) {
      bit_count -= 6;
      *out++ = kAlphabet[bits >> bit_count & 63];
    }
  }
  if (bit_count > 0) *out++ = kAlphabet[bits << (6 - bit_count) & 63];
  return out;
}

std::string base64_encode(std::string_view bytes) {
  std::string text(base64_encoded_size(bytes.size()), '\0');
  base64_encode_to(bytes, text.data());
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  const std::optional<std::string_view> digits = without_padding(text);
  if (!digits || digits->size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(digits->size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int bit_count = 0;
  for (char c : *digits) {
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNotInAlphabet) return std::nullopt;
    bits = bits << 6 | value;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    bytes.push_back(static_cast<char>(bits >> bit_count));
  }
  return bytes;
}

}  // namespace parlance::grpc
