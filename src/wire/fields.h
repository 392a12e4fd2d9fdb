#pragma once

#include <optional>
#include <ranges>
#include <string>

#include "base/assert.h"
#include "base/buffer.h"
#include "wire/encoding.h"
#include "wire/unknown.h"

namespace parlance::wire {

// What the members of a generated Fields struct are: values to be written, borrowed from whoever owns them. A
// Fields is written where it is handed over (`co_return`, `write()`, a client's call), so what it borrows
// need only live until then. Temporary containers do not convert: a Fields may be a variable, which they
// would not outlive.

/// A string to be written; not looked at: the receiver refuses what is not UTF-8.
class TextValue {
 public:
  constexpr TextValue() = default;
  constexpr TextValue(std::string_view text) : text_(text) {}
  constexpr TextValue(const char* text) : text_(text) {}
  TextValue(const std::string& text) : text_(text) {}
  TextValue(const std::string&&) = delete;

  Bytes bytes() const { return as_bytes(text_); }
  constexpr bool empty() const { return text_.empty(); }

 private:
  std::string_view text_;
};

/// Bytes to be written.
class BlobValue {
 public:
  constexpr BlobValue() = default;
  constexpr BlobValue(Bytes bytes) : bytes_(bytes) {}
  BlobValue(std::string_view text) : bytes_(as_bytes(text)) {}
  BlobValue(const char* text) : bytes_(as_bytes(text)) {}
  BlobValue(const std::string& text) : bytes_(as_bytes(text)) {}
  BlobValue(const std::string&&) = delete;

  Bytes bytes() const { return bytes_; }
  constexpr bool empty() const { return bytes_.empty(); }

 private:
  Bytes bytes_;
};

namespace detail {
// Arrays that can be borrowed: an lvalue, or a view of one.
template <typename Range, typename T>
concept ArrayOf = std::ranges::contiguous_range<Range> && std::ranges::sized_range<Range> &&
                  std::ranges::borrowed_range<Range> &&
                  std::same_as<std::remove_cv_t<std::ranges::range_value_t<Range>>, T>;
}  // namespace detail

/// The values of a repeated field: numbers, enums, or the Fields of messages.
template <typename T>
class Values {
 public:
  constexpr Values() = default;
  template <typename Range>
    requires(!std::same_as<std::remove_cvref_t<Range>, Values> && detail::ArrayOf<Range, T>)
  constexpr Values(Range&& values) : data_(std::ranges::data(values)), size_(std::ranges::size(values)) {}

  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  const T& operator[](std::size_t index) const { return data_[index]; }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

/// The values of a repeated field of strings or bytes, from an array of std::string_view, std::string or
/// Bytes.
class TextValues {
 public:
  constexpr TextValues() = default;
  template <typename Range>
    requires(detail::ArrayOf<Range, std::string_view> || detail::ArrayOf<Range, std::string> ||
             detail::ArrayOf<Range, Bytes>)
  TextValues(Range&& values)
      : data_(std::ranges::data(values)),
        size_(std::ranges::size(values)),
        at_(&element<std::remove_cv_t<std::ranges::range_value_t<Range>>>) {}

  std::size_t size() const { return size_; }
  Bytes operator[](std::size_t index) const { return at_(data_, index); }

 private:
  template <typename T>
  static Bytes element(const void* data, std::size_t index) {
    const T& value = static_cast<const T*>(data)[index];
    return {reinterpret_cast<const std::byte*>(value.data()), value.size()};
  }

  const void* data_ = nullptr;
  std::size_t size_ = 0;
  Bytes (*at_)(const void*, std::size_t) = nullptr;
};

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

template <std::uint32_t kTag>
std::size_t size_bytes(Bytes value) {
  return kTagBytes<kTag> + length_prefixed(value.size());
}
template <std::uint32_t kTag>
std::byte* put_bytes(std::byte* end, Bytes value) {
  return put_tag<kTag>(put_varint(put_bytes(end, value), value.size()));
}
// Strings and bytes.
template <std::uint32_t kTag, typename T>
std::size_t size_text(const T& value) {
  return value.empty() ? 0 : size_bytes<kTag>(value.bytes());
}
template <std::uint32_t kTag, typename T>
std::byte* put_text(std::byte* end, const T& value) {
  return value.empty() ? end : put_bytes<kTag>(end, value.bytes());
}
template <std::uint32_t kTag, typename T>
std::size_t size_text(const std::optional<T>& value) {
  return value ? size_bytes<kTag>(value->bytes()) : 0;
}
template <std::uint32_t kTag, typename T>
std::byte* put_text(std::byte* end, const std::optional<T>& value) {
  return value ? put_bytes<kTag>(end, value->bytes()) : end;
}
// A key or a value of a map's entry.
template <std::uint32_t kTag, typename T>
std::size_t size_entry_text(const T& value) {
  return size_bytes<kTag>(value.bytes());
}
template <std::uint32_t kTag, typename T>
std::byte* put_entry_text(std::byte* end, const T& value) {
  return put_bytes<kTag>(end, value.bytes());
}
template <std::uint32_t kTag>
std::size_t size_texts(const TextValues& values) {
  std::size_t size = 0;
  for (std::size_t index = 0; index < values.size(); ++index) size += size_bytes<kTag>(values[index]);
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
    return put_bytes<kTag>(end, std::as_bytes(std::span{values.begin(), values.size()}));
  } else {
    std::byte* at = end;
    for (std::size_t index = values.size(); index-- > 0;) at = Encoding::put(at, values[index]);
    return put_tag<kTag>(put_varint(at, static_cast<std::size_t>(end - at)));
  }
}
// Repeated scalars of a field that says [packed = false].
template <std::uint32_t kTag, typename Encoding>
std::size_t size_unpacked(const Values<typename Encoding::Value>& values) {
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
