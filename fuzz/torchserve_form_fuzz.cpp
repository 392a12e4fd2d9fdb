// What `curl -F` sends to TorchServe's Predictions, on arbitrary bodies. The parts of a form lie within its
// body, and a form written from them is read as the same.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "base/concat.h"
#include "dialects/torchserve/form.h"

namespace {

using namespace parlance;
using dialects::torchserve::read_form;

constexpr std::size_t kMostParts = 64;
constexpr std::string_view kType = "multipart/form-data; boundary=";

bool is_word(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char each) {
    return (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z') || (each >= 'a' && each <= 'z');
  });
}

void same_again(const std::map<std::string, std::string_view>& parts, std::string_view boundary) {
  std::string body;
  for (const auto& [name, value] : parts) {
    if (name.find_first_of("\"\r\n") != std::string::npos) return;  // which forms write in other ways
    body += concat("--", boundary, "\r\nContent-Disposition: form-data; name=\"", name, "\"\r\n\r\n", value,
                   "\r\n");
  }
  body += concat("--", boundary, "--\r\n");
  const auto read = read_form(concat(kType, boundary), body);
  require(read.has_value() && *read == parts, "a form comes back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const std::size_t end = text.find('\n');
  const std::string_view boundary = text.substr(0, end);
  const std::string_view body = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
  const auto parts = read_form(concat(kType, boundary), body);
  if (!parts) {
    require(!parts.error().message().empty(), "a refusal says why");
    return 0;
  }
  require(parts->size() <= kMostParts, "a form has a limit of parts");
  for (const auto& [name, value] : *parts)
    require(value.empty() ||
                (value.data() >= body.data() && value.data() + value.size() <= body.data() + body.size()),
            "a part lies within the body");
  if (!parts->empty() && is_word(boundary)) same_again(*parts, boundary);
  return 0;
}
