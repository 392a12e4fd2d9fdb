#include "view_field.h"

#include "view_names.h"

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;

constexpr std::uint32_t kLengthDelimited = 2;
const std::string kWire = "::parlance::wire::";

// Of one value.
std::string value_type(const Field& field) {
  switch (field.cpp_type()) {
    case Field::CPPTYPE_INT32:
      return "std::int32_t";
    case Field::CPPTYPE_INT64:
      return "std::int64_t";
    case Field::CPPTYPE_UINT32:
      return "std::uint32_t";
    case Field::CPPTYPE_UINT64:
      return "std::uint64_t";
    case Field::CPPTYPE_DOUBLE:
      return "double";
    case Field::CPPTYPE_FLOAT:
      return "float";
    case Field::CPPTYPE_BOOL:
      return "bool";
    case Field::CPPTYPE_ENUM:
      return value_name(*field.enum_type(), field.file()->package());
    case Field::CPPTYPE_STRING:
      return field.type() == Field::TYPE_STRING ? "std::string_view" : "::parlance::Bytes";
    case Field::CPPTYPE_MESSAGE:
      return view_name(*field.message_type(), field.file()->package());
  }
  return {};
}

const char* scalar_encoding(const Field& field) {
  switch (field.type()) {
    case Field::TYPE_SINT32:
    case Field::TYPE_SINT64:
      return "Zigzag";
    case Field::TYPE_FIXED32:
    case Field::TYPE_FIXED64:
    case Field::TYPE_SFIXED32:
    case Field::TYPE_SFIXED64:
    case Field::TYPE_FLOAT:
    case Field::TYPE_DOUBLE:
      return "Fixed";
    default:
      return "Varint";
  }
}

std::string text_value(const Field& field) {
  return kWire + (field.type() == Field::TYPE_STRING ? "TextValue" : "BlobValue");
}

}  // namespace

FieldForm form_of(const Field& field) {
  const bool is_message = field.cpp_type() == Field::CPPTYPE_MESSAGE;
  const bool is_text = field.cpp_type() == Field::CPPTYPE_STRING;
  if (field.is_map()) return FieldForm::kMap;
  if (!field.is_repeated()) {
    return is_message ? FieldForm::kMessage : is_text ? FieldForm::kText : FieldForm::kScalar;
  }
  return is_message ? FieldForm::kMessages : is_text ? FieldForm::kTexts : FieldForm::kPacked;
}

bool has_presence(const Field& field) { return field.has_presence(); }

const pb::OneofDescriptor* oneof_of(const Field& field) { return field.real_containing_oneof(); }

std::uint32_t wire_type(const Field& field) {
  switch (field.type()) {
    case Field::TYPE_FIXED64:
    case Field::TYPE_SFIXED64:
    case Field::TYPE_DOUBLE:
      return 1;
    case Field::TYPE_STRING:
    case Field::TYPE_BYTES:
    case Field::TYPE_MESSAGE:
      return kLengthDelimited;
    case Field::TYPE_FIXED32:
    case Field::TYPE_SFIXED32:
    case Field::TYPE_FLOAT:
      return 5;
    default:
      return 0;
  }
}

const char* wire_type_name(const Field& field) {
  static constexpr const char* kNames[] = {"kVarint", "kFixed64",  "kBytes",
                                           "kGroup",  "kEndGroup", "kFixed32"};
  return kNames[wire_type(field)];
}

std::uint32_t tag_of(const Field& field) {
  return static_cast<std::uint32_t>(field.number()) << 3 | wire_type(field);
}
std::uint32_t packed_tag_of(const Field& field) {
  return static_cast<std::uint32_t>(field.number()) << 3 | kLengthDelimited;
}

std::string encoding_of(const Field& field) {
  if (field.cpp_type() == Field::CPPTYPE_MESSAGE) return kWire + "Message<" + value_type(field) + ">";
  if (field.type() == Field::TYPE_STRING) return kWire + "Text";
  if (field.type() == Field::TYPE_BYTES) return kWire + "Blob";
  return kWire + scalar_encoding(field) + "<" + value_type(field) + ">";
}

std::string read_type(const Field& field) {
  switch (form_of(field)) {
    case FieldForm::kPacked:
      return kWire + "Packed<" + encoding_of(field) + ">";
    case FieldForm::kTexts:
    case FieldForm::kMessages:
      return kWire + "Repeated<" + encoding_of(field) + ">";
    case FieldForm::kMap:
      return kWire + "Map<" + encoding_of(*field.message_type()->map_key()) + ", " +
             encoding_of(*field.message_type()->map_value()) + ">";
    default:
      return value_type(field);
  }
}

std::string written_type(const Field& field) {
  const std::string& package = field.file()->package();
  std::string type;
  switch (form_of(field)) {
    case FieldForm::kMessage:
      return "const " + fields_name(*field.message_type(), package) + "*";
    case FieldForm::kMessages:
    case FieldForm::kMap:
      return kWire + "Values<" + fields_name(*field.message_type(), package) + ">";
    case FieldForm::kTexts:
      return kWire + "TextValues";
    case FieldForm::kPacked:
      return kWire + "Values<" + value_type(field) + ">";
    case FieldForm::kText:
      type = text_value(field);
      break;
    case FieldForm::kScalar:
      type = value_type(field);
      break;
  }
  return has_presence(field) ? "std::optional<" + type + ">" : type;
}

std::map<std::string, std::string> variables_of(const Field& field) {
  std::map<std::string, std::string> variables{{"name", member_name(field)},
                                               {"proto_name", field.name()},
                                               {"number", std::to_string(field.number())},
                                               {"tag", std::to_string(tag_of(field)) + "U"},
                                               {"packed_tag", std::to_string(packed_tag_of(field)) + "U"},
                                               {"encoding", encoding_of(field)},
                                               {"read_type", read_type(field)},
                                               {"written_type", written_type(field)},
                                               {"wire_type", wire_type_name(field)},
                                               {"value_type", value_type(field)}};
  if (const pb::OneofDescriptor* oneof = oneof_of(field); oneof != nullptr) {
    variables["oneof"] = oneof->name();
    variables["case"] = case_name(field);
  }
  return variables;
}

}  // namespace parlance::codegen
