#pragma once

#include "wire/packed.h"
#include "wire/utf8.h"

namespace parlance::wire {

/// A generated view: `kSchema`, and what Access reaches.
template <typename T>
concept View = requires {
  { T::kSchema } -> std::convertible_to<const Schema&>;
  typename T::FieldsType;
};

/// The way into a generated view for the library; not for users.
struct Access {
  /// False with the fault in the context.
  template <typename T>
  static bool parse(T& view, const std::byte* at, const std::byte* end, Context& context) {
    return view.parse_(at, end, context);
  }
  /// The view of bytes that were checked as a part of the message around them.
  template <typename T>
  static T trusted(Bytes bytes) {
    T view;
    Context context{.begin = bytes.data(), .trusted = true};
    require(view.parse_(bytes.data(), bytes.data() + bytes.size(), context), "a checked message is parsed");
    return view;
  }
};

inline const std::byte* read_bytes(const std::byte* at, const std::byte* end, Bytes& value,
                                   Context& context) {
  std::size_t size_bytes = 0;
  at = read_length(at, end, size_bytes, context);
  if (at == nullptr) return nullptr;
  value = {at, size_bytes};
  return at + size_bytes;
}

/// A string must be UTF-8.
inline const std::byte* read_text(const std::byte* at, const std::byte* end, std::string_view& value,
                                  Context& context) {
  Bytes bytes;
  at = read_bytes(at, end, bytes, context);
  if (at == nullptr) return nullptr;
  if (!context.trusted && !is_utf8(bytes)) return context.refuse("is not UTF-8");
  value = as_text(bytes);
  return at;
}

/// The bytes of a message of type `T`, which is checked with all that it holds.
template <typename T>
const std::byte* read_message(const std::byte* at, const std::byte* end, Bytes& value, Context& context) {
  at = read_bytes(at, end, value, context);
  if (at == nullptr || context.trusted) return at;
  if (--context.depth < 0) return context.refuse("is nested too deeply");
  T checked;
  if (!Access::parse(checked, value.data(), at, context)) return nullptr;
  ++context.depth;
  return at;
}

/// The same for a field of one message. `present`: there was one before, with which this one is to be merged.
template <typename T>
const std::byte* read_submessage(const std::byte* at, const std::byte* end, Bytes& value, bool present,
                                 Context& context) {
  if (present) context.irregular = true;
  return read_message<T>(at, end, value, context);
}

// What elements of repeated fields, and keys and values of maps are, beside the scalar encodings: `Value` is
// what a user gets, `Stored` what is kept of it.

struct Text {
  using Value = std::string_view;
  using Stored = std::string_view;
  static constexpr WireType kType = WireType::kBytes;
  static const std::byte* read(const std::byte* at, const std::byte* end, Stored& value, Context& context) {
    return read_text(at, end, value, context);
  }
  static Value value(Stored stored) { return stored; }
};

struct Blob {
  using Value = Bytes;
  using Stored = Bytes;
  static constexpr WireType kType = WireType::kBytes;
  static const std::byte* read(const std::byte* at, const std::byte* end, Stored& value, Context& context) {
    return read_bytes(at, end, value, context);
  }
  static Value value(Stored stored) { return stored; }
};

template <typename T>
struct Message {
  using Value = T;
  using Stored = Bytes;
  static constexpr WireType kType = WireType::kBytes;
  static const std::byte* read(const std::byte* at, const std::byte* end, Stored& value, Context& context) {
    return read_submessage<T>(at, end, value, value.data() != nullptr, context);
  }
  static Value value(Stored stored) { return Access::trusted<T>(stored); }
};

}  // namespace parlance::wire
