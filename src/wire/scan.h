#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "wire/schema.h"

namespace parlance::wire {

/// Messages may be nested this deep below the outermost one, as libprotobuf has it.
inline constexpr int kMaxDepth = 100;
/// Most bytes of a message that protobuf knows (2 GiB - 1).
inline constexpr std::size_t kMaxMessageBytes = 0x7FFF'FFFF;

/// Where and why bytes are no message of their type.
struct Fault {
  const char* why = nullptr;       // "is cut off"; null: there is none
  std::size_t offset_bytes = 0;    // of the field's tag, from the outermost message's begin
  std::uint32_t tag = 0;           // of the innermost field; 0 when there is none
  const Schema* schema = nullptr;  // of the message that the field is in
};

/// What one parse knows beside the bytes.
struct Context {
  const std::byte* begin = nullptr;
  int depth = kMaxDepth;
  /// The bytes were checked before: nested messages are not entered, texts not looked at.
  bool trusted = false;
  /// Set when the message is valid, but a view cannot show it as it stands (wire/regular.h).
  bool irregular = false;
  Fault fault{};

  /// Notes why; null, for a reader to return.
  const std::byte* refuse(const char* why) {
    if (fault.why == nullptr) fault.why = why;
    return nullptr;
  }
  /// Notes where, if an inner message did not before; false.
  bool fail(const std::byte* at, std::uint32_t tag, const Schema& schema) {
    if (fault.schema != nullptr) return false;
    fault.offset_bytes = static_cast<std::size_t>(at - begin);
    fault.tag = tag;
    fault.schema = &schema;
    return false;
  }
};

// Readers take what lies from `at` on, which is not behind `end`, and return what comes next; null, with the
// reason in the context, when the bytes are not what they should be. Handed null, they return it.

namespace detail {
const std::byte* read_long_tag(const std::byte* at, const std::byte* end, std::uint32_t& tag,
                               Context& context);
const std::byte* read_long_varint(const std::byte* at, const std::byte* end, std::uint64_t& value,
                                  Context& context);
const std::byte* read_long_length(const std::byte* at, const std::byte* end, std::size_t& size_bytes,
                                  Context& context);
}  // namespace detail

/// At most 5 bytes; as libprotobuf does, bits beyond 32 are dropped.
inline const std::byte* read_tag(const std::byte* at, const std::byte* end, std::uint32_t& tag,
                                 Context& context) {
  const auto first = std::to_integer<std::uint32_t>(*at);
  if (first >= 0x80) return detail::read_long_tag(at, end, tag, context);
  tag = first;
  return at + 1;
}

/// At most 10 bytes; bits beyond 64 are dropped.
inline const std::byte* read_varint(const std::byte* at, const std::byte* end, std::uint64_t& value,
                                    Context& context) {
  if (at == end || (*at & std::byte{0x80}) != std::byte{}) {
    return detail::read_long_varint(at, end, value, context);
  }
  value = std::to_integer<std::uint64_t>(*at);
  return at + 1;
}

/// A length, and that so many bytes are there.
inline const std::byte* read_length(const std::byte* at, const std::byte* end, std::size_t& size_bytes,
                                    Context& context) {
  const std::ptrdiff_t left = end - at;
  if (left >= 1 && std::to_integer<unsigned>(at[0]) < 0x80) {
    size_bytes = std::to_integer<std::size_t>(*at++);
  } else if (left >= 2 && std::to_integer<unsigned>(at[1]) < 0x80) {
    size_bytes = (std::to_integer<std::size_t>(at[0]) & 0x7F) | std::to_integer<std::size_t>(at[1]) << 7;
    at += 2;
  } else {
    return detail::read_long_length(at, end, size_bytes, context);
  }
  if (size_bytes > static_cast<std::size_t>(end - at)) return context.refuse("is longer than its message");
  return at;
}

/// Behind the value of a field that no message has, groups included. Refuses what is no field: number 0, an
/// end of a group that did not begin, wire types 6 and 7.
const std::byte* skip_field(const std::byte* at, const std::byte* end, std::uint32_t tag, Context& context);

/// The same in bytes that were checked before.
inline const std::byte* skip_trusted(const std::byte* at, const std::byte* end, std::uint32_t tag) {
  Context context{.trusted = true};
  return skip_field(at, end, tag, context);
}

}  // namespace parlance::wire
