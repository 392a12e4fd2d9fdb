#include "wire/scan.h"

namespace parlance::wire {
namespace {

constexpr int kTagBytes = 5;
constexpr int kVarintBytes = 10;
constexpr int kLengthBytes = 5;
// The highest bits that a length's fifth byte may have: 2 GiB - 1 in all.
constexpr unsigned kLengthLastByte = 7;

const char* const kCutOff = "is cut off";

const std::byte* read_up_to(int max_bytes, const std::byte* at, const std::byte* end, std::uint64_t& value) {
  value = 0;
  for (int index = 0; index < max_bytes && at != end; ++index) {
    const auto byte = std::to_integer<std::uint64_t>(*at++);
    value |= (byte & 0x7F) << (7 * index);
    if (byte < 0x80) return at;
  }
  return nullptr;
}

const std::byte* skip(std::size_t size_bytes, const std::byte* at, const std::byte* end, Context& context) {
  return static_cast<std::size_t>(end - at) < size_bytes ? context.refuse(kCutOff) : at + size_bytes;
}

const std::byte* skip_group(const std::byte* at, const std::byte* end, std::uint32_t number,
                            Context& context) {
  if (--context.depth < 0) return context.refuse("is nested too deeply");
  while (at != end) {
    std::uint32_t tag = 0;
    at = read_tag(at, end, tag, context);
    if (at == nullptr) return nullptr;
    if (tag == make_tag(number, WireType::kEndGroup)) {
      ++context.depth;
      return at;
    }
    at = skip_field(at, end, tag, context);
    if (at == nullptr) return nullptr;
  }
  return context.refuse("is a group without end");
}

}  // namespace

const std::byte* detail::read_long_tag(const std::byte* at, const std::byte* end, std::uint32_t& tag,
                                       Context& context) {
  std::uint64_t value = 0;
  at = read_up_to(kTagBytes, at, end, value);
  tag = at == nullptr ? 0 : static_cast<std::uint32_t>(value);
  return at == nullptr ? context.refuse("has no whole tag") : at;
}

const std::byte* detail::read_long_varint(const std::byte* at, const std::byte* end, std::uint64_t& value,
                                          Context& context) {
  at = read_up_to(kVarintBytes, at, end, value);
  return at == nullptr ? context.refuse("is a number that does not end") : at;
}

const std::byte* detail::read_long_length(const std::byte* at, const std::byte* end, std::size_t& size_bytes,
                                          Context& context) {
  const std::byte* const start = at;
  std::uint64_t value = 0;
  at = read_up_to(kLengthBytes, at, end, value);
  if (at == nullptr) return context.refuse("is a length that does not end");
  if (at - start == kLengthBytes && std::to_integer<unsigned>(at[-1]) > kLengthLastByte) {
    return context.refuse("is a length beyond 2 GiB");
  }
  size_bytes = value;
  if (size_bytes > static_cast<std::size_t>(end - at)) return context.refuse("is longer than its message");
  return at;
}

const std::byte* skip_field(const std::byte* at, const std::byte* end, std::uint32_t tag, Context& context) {
  if (at == nullptr) return nullptr;
  if (number_of(tag) == 0) return context.refuse("has the field number 0");
  std::uint64_t ignored = 0;
  std::size_t size_bytes = 0;
  switch (type_of(tag)) {
    case WireType::kVarint:
      return read_varint(at, end, ignored, context);
    case WireType::kFixed64:
      return skip(8, at, end, context);
    case WireType::kFixed32:
      return skip(4, at, end, context);
    case WireType::kBytes:
      at = read_length(at, end, size_bytes, context);
      return at == nullptr ? nullptr : at + size_bytes;
    case WireType::kGroup:
      return skip_group(at, end, number_of(tag), context);
    case WireType::kEndGroup:
      return context.refuse("ends a group that did not begin");
  }
  return context.refuse("has a wire type that does not exist");
}

}  // namespace parlance::wire
