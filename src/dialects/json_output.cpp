#include "dialects/json_output.h"

namespace parlance::dialects {

void append_json(std::string& json, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  constexpr std::string_view kNamed = "\"\\\b\f\n\r\t";
  constexpr std::string_view kNames = "\"\\bfnrt";
  json += '"';
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    const std::size_t named = kNamed.find(each);
    if (named != std::string_view::npos) {
      json += '\\';
      json += kNames[named];
    } else if (byte < 0x20) {
      json += "\\u00";
      json += kHex[byte >> 4];
      json += kHex[byte & 15];
    } else {
      json += each;
    }
  }
  json += '"';
}

}  // namespace parlance::dialects
