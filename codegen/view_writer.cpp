#include "view_writer.h"

#include <algorithm>
#include <vector>

#include "comments.h"
#include "names.h"
#include "view_field.h"
#include "view_names.h"

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;
using Field = pb::FieldDescriptor;
using Printer = pb::io::Printer;

std::vector<const Field*> fields_by_number(const pb::Descriptor& message) {
  std::vector<const Field*> fields;
  for (int index = 0; index < message.field_count(); ++index) fields.push_back(message.field(index));
  std::ranges::sort(fields, {}, &Field::number);
  return fields;
}

const char* shape_of(const Field& field) {
  switch (form_of(field)) {
    case FieldForm::kScalar:
      return "kScalar";
    case FieldForm::kText:
      return "kText";
    case FieldForm::kMessage:
      return "kMessage";
    case FieldForm::kPacked:
      return "kRepeatedScalar";
    case FieldForm::kTexts:
      return "kRepeatedText";
    case FieldForm::kMessages:
    case FieldForm::kMap:
      return "kRepeatedMessage";
  }
  return "";
}

std::string entry_schema_name(const pb::Descriptor& entry) { return "k" + constant_name(entry) + "Schema"; }

// What a FieldSchema says of the message a field holds.
std::string message_schema(const Field& field) {
  if (field.cpp_type() != Field::CPPTYPE_MESSAGE) return "nullptr";
  if (field.is_map()) return "&" + entry_schema_name(*field.message_type());
  return "&" + view_name(*field.message_type(), field.file()->package()) + "::kSchema";
}

void define_field_schemas(const pb::Descriptor& message, const std::string& array, Printer& out) {
  if (message.field_count() == 0) return;
  out.Print("constexpr ::parlance::wire::FieldSchema $array$[] = {\n", "array", array);
  for (const Field* field : fields_by_number(message)) {
    auto variables = variables_of(*field);
    const pb::OneofDescriptor* oneof = oneof_of(*field);
    variables["shape"] = shape_of(*field);
    variables["oneof_index"] = oneof == nullptr ? "0" : std::to_string(oneof->index() + 1);
    variables["message"] = message_schema(*field);
    out.Print(variables,
              "    {$number$, ::parlance::wire::WireType::$wire_type$, ::parlance::wire::Shape::$shape$, "
              "$oneof_index$, \"$proto_name$\", $message$},\n");
  }
  out.Print("};\n");
}

}  // namespace

ViewWriter::ViewWriter(const pb::Descriptor& message) : message_(message) {
  const std::string& package = message.file()->package();
  variables_ = {{"view", view_name(message, package)},
                {"fields", fields_name(message, package)},
                {"class", constant_name(message)},
                {"full_name", message.full_name()}};
}

void ViewWriter::declare(Printer& out) const {
  out.Print("\n");
  print_comment(message_, out);
  out.Print(variables_,
            "class $view$ {\n"
            " public:\n"
            "  using FieldsType = $fields$;\n"
            "  static const ::parlance::wire::Schema kSchema;\n");
  out.Indent();
  declare_nested_names(out);
  for (int index = 0; index < message_.real_oneof_decl_count(); ++index) {
    declare_oneof(*message_.oneof_decl(index), out);
  }
  out.Print("\n");
  for (int index = 0; index < message_.field_count(); ++index) declare_accessors(*message_.field(index), out);
  out.Print(
      "/// The message as it stands, and what of it its type does not know.\n"
      "::parlance::Bytes bytes() const { return message_; }\n"
      "::parlance::wire::UnknownFields unknown_fields() const { return {message_, kSchema}; }\n");
  out.Outdent();
  declare_data(out);
}

void ViewWriter::declare_nested_names(Printer& out) const {
  const std::string& package = message_.file()->package();
  for (int index = 0; index < message_.nested_type_count(); ++index) {
    const pb::Descriptor& nested = *message_.nested_type(index);
    if (nested.options().map_entry()) continue;
    out.Print("using $name$ = $view$;\n", "name", identifier(nested.name()), "view",
              view_name(nested, package));
  }
  for (int index = 0; index < message_.enum_type_count(); ++index) {
    const pb::EnumDescriptor& nested = *message_.enum_type(index);
    out.Print("using $name$ = $value$;\n", "name", identifier(nested.name()), "value",
              value_name(nested, package));
  }
}

void ViewWriter::declare_oneof(const Oneof& oneof, Printer& out) const {
  const std::string camel = camel_case(oneof.name());
  std::string not_set = oneof.name() + "_NOT_SET";
  std::ranges::transform(not_set, not_set.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  out.Print("\nenum $type$Case : std::uint32_t {\n", "type", camel);
  for (int index = 0; index < oneof.field_count(); ++index) {
    out.Print(variables_of(*oneof.field(index)), "  $case$ = $number$,\n");
  }
  out.Print("  $not_set$ = 0,\n};\n", "not_set", not_set);
  out.Print("$type$Case $name$_case() const { return static_cast<$type$Case>(data_.$name$_case); }\n", "type",
            camel, "name", oneof.name());
}

void ViewWriter::declare_accessors(const Field& field, Printer& out) const {
  const auto variables = variables_of(field);
  print_comment(field, out);
  if (oneof_of(field) != nullptr) {
    out.Print(variables, "bool has_$proto_name$() const { return data_.$oneof$_case == $number$; }\n");
  } else if (form_of(field) == FieldForm::kMessage) {
    out.Print(variables, "bool has_$proto_name$() const { return data_.$name$.data() != nullptr; }\n");
  } else if (has_presence(field)) {
    out.Print(variables, "bool has_$proto_name$() const { return data_.has_$proto_name$; }\n");
  }
  if (form_of(field) == FieldForm::kMessage) {
    out.Print(variables, "$value_type$ $name$() const;\n");
  } else if (oneof_of(field) != nullptr) {
    out.Print(variables,
              "$read_type$ $name$() const { return has_$proto_name$() ? data_.$name$ : $read_type${}; }\n");
  } else {
    out.Print(variables, "$read_type$ $name$() const { return data_.$name$; }\n");
  }
}

void ViewWriter::declare_data(Printer& out) const {
  out.Print(
      "\n"
      " private:\n"
      "  friend struct ::parlance::wire::Access;\n"
      "  bool parse_(const std::byte* at, const std::byte* end, ::parlance::wire::Context& context);\n"
      "\n"
      "  struct Data {\n");
  for (int index = 0; index < message_.field_count(); ++index) {
    const Field& field = *message_.field(index);
    auto variables = variables_of(field);
    if (form_of(field) == FieldForm::kMessage) variables["read_type"] = "::parlance::Bytes";
    out.Print(variables, "    $read_type$ $name${};\n");
    const bool has_flag =
        has_presence(field) && oneof_of(field) == nullptr && form_of(field) != FieldForm::kMessage;
    if (has_flag) out.Print(variables, "    bool has_$proto_name$ = false;\n");
  }
  for (int index = 0; index < message_.real_oneof_decl_count(); ++index) {
    out.Print("    std::uint32_t $name$_case = 0;\n", "name", message_.oneof_decl(index)->name());
  }
  out.Print(
      "  };\n"
      "  Data data_{};\n"
      "  ::parlance::Bytes message_{};\n"
      "};\n");
}

void ViewWriter::define(Printer& out) const {
  define_schema(out);
  define_parse(out);
  for (int index = 0; index < message_.field_count(); ++index) define_accessor(*message_.field(index), out);
}

void ViewWriter::define_schema(Printer& out) const {
  out.Print("\nnamespace {\n");
  for (int index = 0; index < message_.nested_type_count(); ++index) {
    const pb::Descriptor& entry = *message_.nested_type(index);
    if (!entry.options().map_entry()) continue;
    const std::string array = "k" + constant_name(entry) + "Fields";
    define_field_schemas(entry, array, out);
    out.Print("constexpr ::parlance::wire::Schema $schema${\"$full_name$\", $array$};\n", "schema",
              entry_schema_name(entry), "full_name", entry.full_name(), "array", array);
  }
  const std::string array = "k" + variables_.at("class") + "Fields";
  define_field_schemas(message_, array, out);
  out.Print("}  // namespace\n");
  out.Print("constinit const ::parlance::wire::Schema $view$::kSchema{\"$full_name$\", $array$};\n", "view",
            variables_.at("view"), "full_name", message_.full_name(), "array",
            message_.field_count() == 0 ? "{}" : array);
}

void ViewWriter::define_parse(Printer& out) const {
  out.Print(
      variables_,
      "\n"
      "bool $view$::parse_(const std::byte* at, const std::byte* end, ::parlance::wire::Context& context) {\n"
      "  message_ = {at, end};\n"
      "  while (at != end) {\n"
      "    const std::byte* const start = at;\n"
      "    std::uint32_t tag = 0;\n"
      "    at = ::parlance::wire::read_tag(at, end, tag, context);\n"
      "    switch (tag) {\n");
  for (const Field* field : fields_by_number(message_)) define_cases(*field, out);
  out.Print(
      "      default:\n"
      "        at = ::parlance::wire::skip_field(at, end, tag, context);\n"
      "    }\n"
      "    if (at == nullptr) return context.fail(start, tag, kSchema);\n"
      "  }\n"
      "  return true;\n"
      "}\n");
}

void ViewWriter::define_cases(const Field& field, Printer& out) const {
  auto variables = variables_of(field);
  variables["present"] = oneof_of(field) == nullptr ? "data_." + variables["name"] + ".data() != nullptr"
                                                    : "has_" + field.name() + "()";
  switch (form_of(field)) {
    case FieldForm::kScalar:
      out.Print(variables,
                "      case $tag$:\n        at = $encoding$::read(at, end, data_.$name$, context);\n");
      break;
    case FieldForm::kText:
      out.Print(variables,
                "      case $tag$:\n        at = $encoding$::read(at, end, data_.$name$, context);\n");
      break;
    case FieldForm::kMessage:
      out.Print(variables,
                "      case $tag$:\n        at = ::parlance::wire::read_submessage<$value_type$>(at, end, "
                "data_.$name$, $present$, context);\n");
      break;
    case FieldForm::kPacked:
      out.Print(
          variables,
          "      case $packed_tag$:\n"
          "        at = ::parlance::wire::read_packed<$encoding$>(at, end, data_.$name$, context);\n"
          "        break;\n"
          "      case $tag$:\n"
          "        at = ::parlance::wire::read_unpacked<$encoding$>(at, end, data_.$name$, context);\n");
      break;
    case FieldForm::kTexts:
    case FieldForm::kMessages:
    case FieldForm::kMap:
      out.Print(variables,
                "      case $tag$:\n        at = data_.$name$.read(start, at, end, tag, context);\n");
      break;
  }
  if (oneof_of(field) != nullptr) {
    out.Print(variables, "        data_.$oneof$_case = $number$;\n");
  } else if (has_presence(field) && form_of(field) != FieldForm::kMessage) {
    out.Print(variables, "        data_.has_$proto_name$ = true;\n");
  }
  out.Print("        break;\n");
}

void ViewWriter::define_accessor(const Field& field, Printer& out) const {
  if (form_of(field) != FieldForm::kMessage) return;
  auto variables = variables_of(field);
  variables["view"] = variables_.at("view");
  variables["present"] = oneof_of(field) == nullptr ? "" : "if (!has_" + field.name() + "()) return {};\n  ";
  out.Print(variables,
            "\n"
            "$value_type$ $view$::$name$() const {\n"
            "  $present$return ::parlance::wire::Access::trusted<$value_type$>(data_.$name$);\n"
            "}\n");
}

}  // namespace parlance::codegen
