#include "grpc/percent.h"

namespace parlance::grpc {
namespace {

bool stands_for_itself(char c) { return c >= 0x20 && c <= 0x7E && c != '%'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

}  // namespace

std::size_t percent_encoded_size(std::string_view text) {
  std::size_t size = 0;
  for (char c : text) size += stands_for_itself(c) ? 1 : 3;
  return size;
}

char* percent_encode_to(std::string_view text, char* out) {
  static constexpr char kHex[] = "0123456789ABCDEF";
  for (char c : text) {
    if (stands_for_itself(c)) {
      *out++ = c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    *out++ = '%';
    *out++ = kHex[byte >> 4];
    *out++ = kHex[byte & 15];
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string encoded(percent_encoded_size(text), '\0');
  percent_encode_to(text, encoded.data());
  return encoded;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    const int high = text[at] == '%' && text.size() - at > 2 ? hex_value(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_value(text[at + 2]) : -1;
    if (low >= 0) {
      decoded.push_back(static_cast<char>(high * 16 + low));
      at += 2;
    } else {
      decoded.push_back(text[at]);
    }
  }
  return decoded;
}

}  // namespace parlance::grpc
