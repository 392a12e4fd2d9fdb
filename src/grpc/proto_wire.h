#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parlance::grpc {

/// Appends fields of a protobuf message to a string: the few forms that google.rpc messages need, so that
/// this layer does without libprotobuf. As proto3 does, values that are zero or empty are left out.
class ProtoWriter {
 public:
  void varint(std::uint32_t field, std::uint64_t value);
  /// A string, bytes or sub-message field.
  void bytes(std::uint32_t field, std::string_view value);
  /// The same, written even when empty: elements of repeated fields, sub-messages that are present.
  void element(std::uint32_t field, std::string_view value);

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void append_varint(std::uint64_t value);
  std::string text_;
};

/// Walks over the fields of a protobuf message.
class ProtoReader {
 public:
  enum class Kind : std::uint8_t { kVarint, kFixed64, kBytes, kFixed32 };
  struct Field {
    std::uint32_t number = 0;
    Kind kind = Kind::kVarint;
    std::uint64_t integer = 0;  // kVarint, kFixed64, kFixed32
    std::string_view bytes;     // kBytes; a view into the message

    bool is_bytes(std::uint32_t of) const { return number == of && kind == Kind::kBytes; }
    bool is_varint(std::uint32_t of) const { return number == of && kind == Kind::kVarint; }
  };

  explicit ProtoReader(std::string_view message) : rest_(message) {}

  /// The next field; nothing at the end and when the bytes are malformed (groups count as that).
  std::optional<Field> next();
  /// True when next() stopped because of malformed bytes.
  bool failed() const { return failed_; }

 private:
  bool read_varint(std::uint64_t& value);
  bool read_fixed(std::size_t size_bytes, std::uint64_t& value);
  bool read_bytes(std::string_view& value);
  bool read_value(Field& field, unsigned wire_type);

  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace parlance::grpc
