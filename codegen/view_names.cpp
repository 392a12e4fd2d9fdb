#include "view_names.h"

#include <google/protobuf/compiler/cpp/names.h>

#include <cctype>
#include <string_view>

#include "names.h"

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;
namespace cpp = google::protobuf::compiler::cpp;

// Members of generated views and Fields.
const std::set<std::string>& reserved() {
  static const std::set<std::string> names{"bytes",  "unknown_fields", "kSchema", "FieldsType", "ViewType",
                                           "parse_", "data_",          "Data",    "message_"};
  return names;
}

// As libprotobuf names classes, but for the entries of maps, which it hides.
template <typename Descriptor>
std::string class_name(const Descriptor& type) {
  const pb::Descriptor* outer = type.containing_type();
  return outer == nullptr ? identifier(type.name()) : cpp::ClassName(outer) + "_" + type.name();
}

// Such a member would hide a generated type.
bool is_like_a_type(std::string_view name) {
  const bool is_capital = std::isupper(static_cast<unsigned char>(name.front())) != 0;
  return is_capital && (name.ends_with("View") || name.ends_with("Fields") || name.ends_with("Value"));
}

template <typename Descriptor>
std::string derived_name(const Descriptor& type, const char* suffix, const std::string& package) {
  const pb::FileDescriptor& file = *type.file();
  const std::string scope = file.package().empty() ? "" : file.package() + ".";
  std::string name = class_name(type) + suffix;
  while (file.pool()->FindMessageTypeByName(scope + name) != nullptr ||
         file.pool()->FindEnumTypeByName(scope + name) != nullptr) {
    name += "_";
  }
  if (file.package() == package) return name;
  return "::" + (file.package().empty() ? "" : namespace_of(file) + "::") + name;
}

bool is_proto3(const pb::Descriptor& message) {
  return message.file()->syntax() == pb::FileDescriptor::SYNTAX_PROTO3;
}

std::string why_not(const pb::Descriptor& message) {
  for (int index = 0; index < message.field_count(); ++index) {
    const pb::FieldDescriptor& field = *message.field(index);
    if (field.message_type() != nullptr && !is_proto3(*field.message_type())) {
      return field.full_name() + " is of a proto2 message";
    }
  }
  for (int index = 0; index < message.nested_type_count(); ++index) {
    if (std::string why = why_not(*message.nested_type(index)); !why.empty()) return why;
  }
  return {};
}

}  // namespace

std::string constant_name(const pb::Descriptor& message) { return class_name(message); }

std::string view_name(const pb::Descriptor& message, const std::string& package) {
  return derived_name(message, "View", package);
}
std::string fields_name(const pb::Descriptor& message, const std::string& package) {
  return derived_name(message, "Fields", package);
}
std::string value_name(const pb::EnumDescriptor& type, const std::string& package) {
  return derived_name(type, "Value", package);
}

std::string member_name(const pb::FieldDescriptor& field) {
  const bool is_taken = reserved().contains(field.name()) || is_like_a_type(field.name());
  return is_taken ? field.name() + "_" : identifier(field.name());
}

std::string camel_case(const std::string& name) {
  std::string camel;
  bool upper = true;
  for (const char c : name) {
    if (c != '_') camel += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    upper = c == '_' || std::isdigit(static_cast<unsigned char>(c)) != 0;
  }
  return camel;
}

std::string case_name(const pb::FieldDescriptor& field) { return "k" + camel_case(field.name()); }

std::string views_output_name(const pb::FileDescriptor& file) {
  return cpp::StripProto(file.name()) + ".views";
}

bool has_views(const pb::FileDescriptor& file) { return why_no_views(file).empty(); }

std::string why_no_views(const pb::FileDescriptor& file) {
  if (file.syntax() != pb::FileDescriptor::SYNTAX_PROTO3) return file.name() + " is proto2";
  for (int index = 0; index < file.message_type_count(); ++index) {
    if (std::string why = why_not(*file.message_type(index)); !why.empty()) return why;
  }
  for (int service = 0; service < file.service_count(); ++service) {
    for (int index = 0; index < file.service(service)->method_count(); ++index) {
      const pb::MethodDescriptor& method = *file.service(service)->method(index);
      if (!is_proto3(*method.input_type()) || !is_proto3(*method.output_type())) {
        return method.full_name() + " has a proto2 message";
      }
    }
  }
  return {};
}

}  // namespace parlance::codegen
