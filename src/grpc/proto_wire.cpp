#include "grpc/proto_wire.h"

#include <limits>

namespace parlance::grpc {
namespace {

// Wire types of the protobuf encoding; 3 and 4 are groups, which proto3 does not have.
constexpr unsigned kWireVarint = 0;
constexpr unsigned kWireFixed64 = 1;
constexpr unsigned kWireBytes = 2;
constexpr unsigned kWireFixed32 = 5;

constexpr int kMostVarintBytes = 10;

}  // namespace

void ProtoWriter::append_varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) text_.push_back(static_cast<char>(value | 0x80));
  text_.push_back(static_cast<char>(value));
}

void ProtoWriter::varint(std::uint32_t field, std::uint64_t value) {
  if (value == 0) return;
  append_varint(std::uint64_t{field} << 3 | kWireVarint);
  append_varint(value);
}

void ProtoWriter::bytes(std::uint32_t field, std::string_view value) {
  if (!value.empty()) element(field, value);
}

void ProtoWriter::element(std::uint32_t field, std::string_view value) {
  append_varint(std::uint64_t{field} << 3 | kWireBytes);
  append_varint(value.size());
  text_.append(value);
}

std::optional<ProtoReader::Field> ProtoReader::next() {
  if (rest_.empty() || failed_) return std::nullopt;
  std::uint64_t key = 0;
  Field field;
  failed_ = !read_varint(key) || key >> 3 == 0 || key >> 3 > std::numeric_limits<std::uint32_t>::max() >> 3;
  if (failed_) return std::nullopt;
  field.number = static_cast<std::uint32_t>(key >> 3);
  failed_ = !read_value(field, key & 7);
  if (failed_) return std::nullopt;
  return field;
}

bool ProtoReader::read_value(Field& field, unsigned wire_type) {
  switch (wire_type) {
    case kWireVarint:
      field.kind = Kind::kVarint;
      return read_varint(field.integer);
    case kWireFixed64:
      field.kind = Kind::kFixed64;
      return read_fixed(8, field.integer);
    case kWireBytes:
      field.kind = Kind::kBytes;
      return read_bytes(field.bytes);
    case kWireFixed32:
      field.kind = Kind::kFixed32;
      return read_fixed(4, field.integer);
    default:
      return false;
  }
}

bool ProtoReader::read_varint(std::uint64_t& value) {
  value = 0;
  for (int index = 0; index < kMostVarintBytes && !rest_.empty(); ++index) {
    const auto byte = static_cast<unsigned char>(rest_.front());
    rest_.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fu} << (7 * index);
    if (byte < 0x80) return true;
  }
  return false;
}

bool ProtoReader::read_fixed(std::size_t size_bytes, std::uint64_t& value) {
  if (rest_.size() < size_bytes) return false;
  value = 0;
  for (std::size_t index = size_bytes; index-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(rest_[index]);
  }
  rest_.remove_prefix(size_bytes);
  return true;
}

bool ProtoReader::read_bytes(std::string_view& value) {
  std::uint64_t size = 0;
  if (!read_varint(size) || size > rest_.size()) return false;
  value = rest_.substr(0, static_cast<std::size_t>(size));
  rest_.remove_prefix(static_cast<std::size_t>(size));
  return true;
}

}  // namespace parlance::grpc
