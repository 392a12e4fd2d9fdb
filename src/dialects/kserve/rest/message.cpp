#include "dialects/kserve/rest/message.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include "dialects/json_output.h"

namespace parlance::dialects::kserve::rest {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void append_message(std::string& json, const Message& message);

/// `index` of a repeated field; below 0: the field is not repeated.
void append_value(std::string& json, const Message& message, const FieldDescriptor* field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const auto append = [&](auto get, auto get_repeated) {
    append_json(json, index < 0 ? (reflection.*get)(message, field)
                                : (reflection.*get_repeated)(message, field, index));
  };
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return append(&Reflection::GetBool, &Reflection::GetRepeatedBool);
    case FieldDescriptor::CPPTYPE_INT32:
      return append(&Reflection::GetInt32, &Reflection::GetRepeatedInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return append(&Reflection::GetInt64, &Reflection::GetRepeatedInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return append(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return append(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return append(&Reflection::GetFloat, &Reflection::GetRepeatedFloat);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return append(&Reflection::GetDouble, &Reflection::GetRepeatedDouble);
    case FieldDescriptor::CPPTYPE_STRING:
      return append(&Reflection::GetString, &Reflection::GetRepeatedString);
    case FieldDescriptor::CPPTYPE_ENUM:
      return append_json(json, index < 0 ? reflection.GetEnum(message, field)->name()
                                         : reflection.GetRepeatedEnum(message, field, index)->name());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return append_message(json, index < 0 ? reflection.GetMessage(message, field)
                                            : reflection.GetRepeatedMessage(message, field, index));
  }
}

void append_map(std::string& json, const Message& message, const FieldDescriptor* field) {
  const Reflection& reflection = *message.GetReflection();
  json += '{';
  for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, field, i);
    if (i > 0) json += ',';
    const FieldDescriptor* const key = field->message_type()->map_key();
    const bool is_text = key->cpp_type() == FieldDescriptor::CPPTYPE_STRING;
    if (!is_text) json += '"';
    append_value(json, entry, key, -1);
    json += is_text ? ":" : "\":";
    append_value(json, entry, field->message_type()->map_value(), -1);
  }
  json += '}';
}

void append_array(std::string& json, const Message& message, const FieldDescriptor* field) {
  json += '[';
  for (int i = 0; i < message.GetReflection()->FieldSize(message, field); ++i) {
    if (i > 0) json += ',';
    append_value(json, message, field, i);
  }
  json += ']';
}

void append_message(std::string& json, const Message& message) {
  const google::protobuf::Descriptor& type = *message.GetDescriptor();
  char separator = '{';
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* const field = type.field(i);
    if (field->has_presence() && !message.GetReflection()->HasField(message, field)) continue;
    json += std::exchange(separator, ',');
    append_json(json, std::string_view{field->name()});
    json += ':';
    if (field->is_map()) {
      append_map(json, message, field);
    } else if (field->is_repeated()) {
      append_array(json, message, field);
    } else {
      append_value(json, message, field, -1);
    }
  }
  json += separator == '{' ? "{}" : "}";
}

}  // namespace

std::string to_json(const Message& message) {
  std::string json;
  append_message(json, message);
  return json;
}

std::string elements_to_json(const Message& message) {
  std::string json;
  append_array(json, message, message.GetDescriptor()->field(0));
  return json;
}

}  // namespace parlance::dialects::kserve::rest
