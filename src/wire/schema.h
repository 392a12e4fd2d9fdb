#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace parlance::wire {

/// How a field lies on the wire (protobuf's wire types).
enum class WireType : std::uint8_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kGroup = 3,
  kEndGroup = 4,
  kFixed32 = 5
};

constexpr std::uint32_t make_tag(std::uint32_t number, WireType type) {
  return number << 3 | static_cast<std::uint32_t>(type);
}
constexpr std::uint32_t number_of(std::uint32_t tag) { return tag >> 3; }
constexpr WireType type_of(std::uint32_t tag) { return static_cast<WireType>(tag & 7); }

struct Schema;

/// What a field means, as far as the bytes of a message can be rewritten by it.
enum class Shape : std::uint8_t {
  kScalar,           // one value, the last one counts
  kText,             // a string or bytes, the last one counts
  kMessage,          // a message, whose parts are merged
  kRepeatedScalar,   // packed or not
  kRepeatedText,     // strings or bytes
  kRepeatedMessage,  // messages, and the entries of maps
};

struct FieldSchema {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;  // of one value
  Shape shape = Shape::kScalar;
  std::uint8_t oneof = 0;  // 1, 2, … for the members of the message's oneofs
  std::string_view name{};
  const Schema* message = nullptr;  // of kMessage and kRepeatedMessage

  /// Whether a field of this tag's number and wire type is read as this one; else it counts as unknown.
  bool takes(WireType seen) const {
    return seen == type || (shape == Shape::kRepeatedScalar && seen == WireType::kBytes);
  }
};

/// A message type; generated code makes one for each.
struct Schema {
  std::string_view name{};                // "inference.PredictRequest"
  std::span<const FieldSchema> fields{};  // by number

  /// Null for a number that the message does not have.
  const FieldSchema* find(std::uint32_t number) const;
  /// The field that `tag` is read as; null when it is an unknown field.
  const FieldSchema* reads(std::uint32_t tag) const {
    const FieldSchema* field = find(number_of(tag));
    return field != nullptr && field->takes(type_of(tag)) ? field : nullptr;
  }
};

}  // namespace parlance::wire
