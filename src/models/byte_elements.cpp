#include "models/byte_elements.h"

#include <bit>
#include <cstring>

namespace parlance::models {
namespace {

static_assert(std::endian::native == std::endian::little);

/// Its length and its bytes; nothing when `at` is the end, or the rest is no whole element.
std::optional<std::size_t> element_size_bytes(Bytes rest) {
  std::uint32_t length = 0;
  if (rest.size() < kElementLengthBytes) return std::nullopt;
  std::memcpy(&length, rest.data(), kElementLengthBytes);
  if (rest.size() - kElementLengthBytes < length) return std::nullopt;
  return kElementLengthBytes + length;
}

}  // namespace

std::optional<std::size_t> count_elements(Bytes tensor) {
  std::size_t count = 0;
  for (; !tensor.empty(); ++count) {
    const std::optional<std::size_t> size = element_size_bytes(tensor);
    if (!size) return std::nullopt;
    tensor = tensor.subspan(*size);
  }
  return count;
}

std::size_t elements_size_bytes(Bytes tensor, std::size_t count) {
  std::size_t size_bytes = 0;
  for (; count > 0; --count) size_bytes += element_size_bytes(tensor.subspan(size_bytes)).value_or(0);
  return size_bytes;
}

std::vector<std::string_view> split_elements(Bytes tensor) {
  std::vector<std::string_view> elements;
  while (const std::optional<std::size_t> size = element_size_bytes(tensor)) {
    elements.push_back(as_text(tensor.first(*size)).substr(kElementLengthBytes));
    tensor = tensor.subspan(*size);
  }
  return elements;
}

void append_element(std::string& tensor, std::string_view element) {
  const auto length = static_cast<std::uint32_t>(element.size());
  char bytes[kElementLengthBytes];
  std::memcpy(bytes, &length, sizeof bytes);
  tensor.append(bytes, sizeof bytes).append(element);
}

}  // namespace parlance::models
