#pragma once

#include <bit>
#include <concepts>
#include <type_traits>

#include "wire/scan.h"

namespace parlance::wire {

static_assert(std::endian::native == std::endian::little, "fixed-width fields are read as they lie");

/// Bytes that a number takes as a varint.
constexpr std::size_t varint_bytes(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

// Writers go backwards: they put bytes before `end` and return where these begin. So a message's length is
// known when it is written, and each message is measured once.

inline std::byte* put_varint(std::byte* end, std::uint64_t value) {
  if (value < 0x80) {
    *--end = static_cast<std::byte>(value);
    return end;
  }
  std::byte* const begin = end - varint_bytes(value);
  for (std::byte* at = begin; at != end - 1; ++at, value >>= 7) *at = static_cast<std::byte>(value | 0x80);
  end[-1] = static_cast<std::byte>(value);
  return begin;
}
inline std::byte* put_bytes(std::byte* end, Bytes bytes) {
  end -= bytes.size();
  if (!bytes.empty()) std::memcpy(end, bytes.data(), bytes.size());
  return end;
}

// The encodings of scalar values: how a `Value` is read, measured and written.

/// int32, int64, uint32, uint64, bool, and enums, of which every number is a value.
template <typename T>
struct Varint {
  using Value = T;
  static constexpr WireType kType = WireType::kVarint;

  static constexpr T from(std::uint64_t raw) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<T>(static_cast<std::int32_t>(raw));
    } else if constexpr (std::same_as<T, bool>) {
      return raw != 0;
    } else {
      return static_cast<T>(raw);
    }
  }
  /// Negative numbers are sign-extended to 64 bits.
  static constexpr std::uint64_t to(T value) {
    if constexpr (std::is_enum_v<T>) {
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(value));
    } else {
      return static_cast<std::uint64_t>(value);
    }
  }
  static const std::byte* read(const std::byte* at, const std::byte* end, T& value, Context& context) {
    std::uint64_t raw = 0;
    at = read_varint(at, end, raw, context);
    if (at != nullptr) value = from(raw);
    return at;
  }
  static constexpr std::size_t size(T value) { return varint_bytes(to(value)); }
  static std::byte* put(std::byte* end, T value) { return put_varint(end, to(value)); }
  static constexpr bool is_zero(T value) { return value == T{}; }
};

/// sint32 and sint64.
template <std::signed_integral T>
struct Zigzag {
  using Value = T;
  using Unsigned = std::make_unsigned_t<T>;
  static constexpr WireType kType = WireType::kVarint;

  static constexpr T from(std::uint64_t raw) {
    const auto bits = static_cast<Unsigned>(raw);
    return static_cast<T>((bits >> 1) ^ (Unsigned{0} - (bits & 1)));
  }
  static constexpr std::uint64_t to(T value) {
    return static_cast<Unsigned>(static_cast<Unsigned>(value) << 1) ^
           static_cast<Unsigned>(value < 0 ? ~Unsigned{0} : Unsigned{0});
  }
  static const std::byte* read(const std::byte* at, const std::byte* end, T& value, Context& context) {
    std::uint64_t raw = 0;
    at = read_varint(at, end, raw, context);
    if (at != nullptr) value = from(raw);
    return at;
  }
  static constexpr std::size_t size(T value) { return varint_bytes(to(value)); }
  static std::byte* put(std::byte* end, T value) { return put_varint(end, to(value)); }
  static constexpr bool is_zero(T value) { return value == 0; }
};

/// fixed32, fixed64, sfixed32, sfixed64, float and double.
template <typename T>
  requires(sizeof(T) == 4 || sizeof(T) == 8)
struct Fixed {
  using Value = T;
  static constexpr WireType kType = sizeof(T) == 4 ? WireType::kFixed32 : WireType::kFixed64;

  static T load(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
  }
  static const std::byte* read(const std::byte* at, const std::byte* end, T& value, Context& context) {
    if (static_cast<std::size_t>(end - at) < sizeof(T)) return context.refuse("is cut off");
    value = load(at);
    return at + sizeof(T);
  }
  static constexpr std::size_t size(T) { return sizeof(T); }
  static std::byte* put(std::byte* end, T value) {
    end -= sizeof value;
    std::memcpy(end, &value, sizeof value);
    return end;
  }
  /// By its bits, so -0.0 is not left out.
  static constexpr bool is_zero(T value) {
    using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
    return std::bit_cast<Bits>(value) == 0;
  }
};

}  // namespace parlance::wire
