#pragma once

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <map>
#include <string>

namespace parlance::codegen {

/// What a field is to a view: how it is stored, read and written.
enum class FieldForm : std::uint8_t {
  kScalar,  // a number, bool or enum
  kText,    // a string or bytes
  kMessage,
  kPacked,    // repeated scalars
  kTexts,     // repeated strings or bytes
  kMessages,  // repeated messages
  kMap,
};

FieldForm form_of(const google::protobuf::FieldDescriptor& field);
/// Whether being set is told apart from being zero: `optional`, a member of a oneof, a message.
bool has_presence(const google::protobuf::FieldDescriptor& field);
/// Not the one that stands for `optional`.
const google::protobuf::OneofDescriptor* oneof_of(const google::protobuf::FieldDescriptor& field);

/// The wire type of one value, as parlance::wire::WireType names it, and as its number.
const char* wire_type_name(const google::protobuf::FieldDescriptor& field);
std::uint32_t wire_type(const google::protobuf::FieldDescriptor& field);
/// The tag of one value.
std::uint32_t tag_of(const google::protobuf::FieldDescriptor& field);
/// The tag of packed values.
std::uint32_t packed_tag_of(const google::protobuf::FieldDescriptor& field);

/// "::parlance::wire::Varint<std::int32_t>", "::parlance::wire::Text", "::parlance::wire::Message<XView>": of
/// one value.
std::string encoding_of(const google::protobuf::FieldDescriptor& field);
/// What a view gives of it: "std::int32_t", "::parlance::wire::Packed<…>".
std::string read_type(const google::protobuf::FieldDescriptor& field);
/// What a Fields has for it: "std::int32_t", "::parlance::wire::Values<float>".
std::string written_type(const google::protobuf::FieldDescriptor& field);

/// The variables that the templates of views and Fields use.
std::map<std::string, std::string> variables_of(const google::protobuf::FieldDescriptor& field);

}  // namespace parlance::codegen
