#pragma once

#include <optional>

#include "base/assert.h"
#include "base/buffer.h"
#include "wire/encoding.h"
#include "wire/unknown.h"
#include "wire/values.h"

namespace parlance::wire {

// For generated code: for each kind of field, what it takes and how it is put before `end`. `kTag` stands
// before each value. A generated Fields has wire_size() and wire_put() of its own, found by its namespace.

constexpr std::size_t length_prefixed(std::size_t size_bytes) {
  return varint_bytes(size_bytes) + size_bytes;
}

template <std::uint32_t kTag>
inline constexpr std::size_t kTagBytes = varint_bytes(kTag);

template <std::uint32_t kTag>
std::byte* put_tag(std::byte* end) {
  if constexpr (kTag < 0x80) {
    *--end = static_cast<std::byte>(kTag);
    return end;
  } else {
    return put_varint(end, kTag);
  }
}

// A scalar that is written whatever it is.
template <std::uint32_t kTag, typename Encoding>
std::size_t size_present(typename Encoding::Value value) {
  return kTagBytes<kTag> + Encoding::size(value);
}
template <std::uint32_t kTag, typename Encoding>
std::byte* put_present(std::byte* end, typename Encoding::Value value) {
  return put_tag<kTag>(Encoding::put(end, value));
}
// A scalar that is left out when it is zero.
template <std::uint32_t kTag, typename Encoding>
std::size_t size_scalar(typename Encoding::Value value) {
  return Encoding::is_zero(value) ? 0 : size_present<kTag, Encoding>(value);
}
template <std::uint32_t kTag, typename Encoding>
std::byte* put_scalar(std::byte* end, typename Encoding::Value value) {
  return Encoding::is_zero(value) ? end : put_present<kTag, Encoding>(end, value);
}
template <std::uint32_t kTag, typename Encoding>
std::size_t size_scalar(const std::optional<typename Encoding::Value>& value) {
  return value ? size_present<kTag, Encoding>(*value) : 0;
}
template <std::uint32_t kTag, typename Encoding>
std::byte* put_scalar(std::byte* end, const std::optional<typename Encoding::Value>& value) {
  return value ? put_present<kTag, Encoding>(end, *value) : end;
}

// A length and what `value` writes of that length.
template <std::uint32_t kTag>
std::size_t size_bytes(std::size_t value_bytes) {
  return kTagBytes<kTag> + length_prefixed(value_bytes);
}
template <std::uint32_t kTag, typename T>
std::byte* put_written(std::byte* end, const T& value, std::size_t value_bytes) {
  end -= value_bytes;
  if (value_bytes > 0) value.write_to(end);
  return put_tag<kTag>(put_varint(end, value_bytes));
}
template <std::uint32_t kTag>
std::byte* put_bytes(std::byte* end, Bytes value) {
  return put_tag<kTag>(put_varint(put_bytes(end, value), value.size()));
}
// Strings and bytes.
template <std::uint32_t kTag, typename T>
std::size_t size_text(const T& value) {
  return value.empty() ? 0 : size_bytes<kTag>(value.size());
}
template <std::uint32_t kTag, typename T>
std::byte* put_text(std::byte* end, const T& value) {
  return value.empty() ? end : put_written<kTag>(end, value, value.size());
}
template <std::uint32_t kTag, typename T>
std::size_t size_text(const std::optional<T>& value) {
  return value ? size_bytes<kTag>(value->size()) : 0;
}
template <std::uint32_t kTag, typename T>
std::byte* put_text(std::byte* end, const std::optional<T>& value) {
  return value ? put_written<kTag>(end, *value, value->size()) : end;
}
// A key or a value of a map's entry.
template <std::uint32_t kTag, typename T>
std::size_t size_entry_text(const T& value) {
  return size_bytes<kTag>(value.size());
}
template <std::uint32_t kTag, typename T>
std::byte* put_entry_text(std::byte* end, const T& value) {
  return put_written<kTag>(end, value, value.size());
}
template <std::uint32_t kTag>
std::size_t size_texts(const TextValues& values) {
  std::size_t size = 0;
  for (std::size_t index = 0; index < values.size(); ++index) size += size_bytes<kTag>(values[index].size());
  return size;
}
template <std::uint32_t kTag>
std::byte* put_texts(std::byte* end, const TextValues& values) {
  for (std::size_t index = values.size(); index-- > 0;) end = put_bytes<kTag>(end, values[index]);
  return end;
}

template <typename Encoding>
std::size_t packed_bytes(const Values<typename Encoding::Value>& values) {
  std::size_t size = 0;
  for (const auto value : values) size += Encoding::size(value);
  return size;
}
template <typename T>
inline constexpr bool kIsFixed = false;
template <typename T>
inline constexpr bool kIsFixed<Fixed<T>> = true;

// Repeated scalars, packed.
template <std::uint32_t kTag, typename Encoding>
std::size_t size_packed(const Values<typename Encoding::Value>& values) {
  if (values.empty()) return 0;
  if constexpr (kIsFixed<Encoding>) {
    return kTagBytes<kTag> + length_prefixed(values.size() * sizeof(typename Encoding::Value));
  } else {
    return kTagBytes<kTag> + length_prefixed(packed_bytes<Encoding>(values));
  }
}
template <std::uint32_t kTag, typename Encoding>
std::byte* put_packed(std::byte* end, const Values<typename Encoding::Value>& values) {
  if (values.empty()) return end;
  if constexpr (kIsFixed<Encoding>) {
    return put_written<kTag>(end, values, values.size() * sizeof(typename Encoding::Value));
  } else {
    std::byte* at = end;
    for (std::size_t index = values.size(); index-- > 0;) at = Encoding::put(at, values[index]);
    return put_tag<kTag>(put_varint(at, static_cast<std::size_t>(end - at)));
  }
}
// Repeated scalars of a field that says [packed = false].
template <std::uint32_t kTag, typename Encoding>
std::size_t size_unpacked(const Values<typename Encoding::Value>& values) {
  require(!values.is_slot(), "only packed fields can be filled in later");
  return values.size() * kTagBytes<kTag> + packed_bytes<Encoding>(values);
}
template <std::uint32_t kTag, typename Encoding>
std::byte* put_unpacked(std::byte* end, const Values<typename Encoding::Value>& values) {
  for (std::size_t index = values.size(); index-- > 0;) end = put_present<kTag, Encoding>(end, values[index]);
  return end;
}

template <std::uint32_t kTag, typename T>
std::size_t size_element(const T& message) {
  return kTagBytes<kTag> + length_prefixed(wire_size(message));
}
template <std::uint32_t kTag, typename T>
std::byte* put_element(std::byte* end, const T& message) {
  std::byte* const at = wire_put(message, end);
  return put_tag<kTag>(put_varint(at, static_cast<std::size_t>(end - at)));
}
// A message, or null for none.
template <std::uint32_t kTag, typename T>
std::size_t size_message(const T* message) {
  return message == nullptr ? 0 : size_element<kTag>(*message);
}
template <std::uint32_t kTag, typename T>
std::byte* put_message(std::byte* end, const T* message) {
  return message == nullptr ? end : put_element<kTag>(end, *message);
}
// The value of a map's entry; null is an empty message.
template <std::uint32_t kTag, typename T>
std::size_t size_entry_message(const T* message) {
  return message == nullptr ? kTagBytes<kTag> + 1 : size_element<kTag>(*message);
}
template <std::uint32_t kTag, typename T>
std::byte* put_entry_message(std::byte* end, const T* message) {
  return message == nullptr ? put_bytes<kTag>(end, Bytes{}) : put_element<kTag>(end, *message);
}
// Repeated messages, and the entries of maps.
template <std::uint32_t kTag, typename T>
std::size_t size_messages(const Values<T>& messages) {
  std::size_t size = 0;
  for (const T& message : messages) size += size_element<kTag>(message);
  return size;
}
template <std::uint32_t kTag, typename T>
std::byte* put_messages(std::byte* end, const Values<T>& messages) {
  for (std::size_t index = messages.size(); index-- > 0;) end = put_element<kTag>(end, messages[index]);
  return end;
}

/// A generated Fields struct.
template <typename T>
concept FieldsStruct = requires(const T& fields, std::byte* end) {
  typename T::ViewType;
  { wire_size(fields) } -> std::same_as<std::size_t>;
  { wire_put(fields, end) } -> std::same_as<std::byte*>;
};

/// The message's bytes; equal to what libprotobuf writes, deterministically, of the same values.
template <FieldsStruct T>
Buffer to_bytes(const T& fields) {
  Buffer bytes = Buffer::allocate(wire_size(fields));
  std::byte* const begin = bytes.writable().data();
  require(wire_put(fields, begin + bytes.size()) == begin, "a message changed while it was written");
  return bytes;
}

}  // namespace parlance::wire
