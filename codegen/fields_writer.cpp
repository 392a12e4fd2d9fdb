#include "fields_writer.h"

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

// The function of wire/fields.h for a field, without size_ or put_, and its template arguments.
struct Function {
  std::string name;
  std::string arguments;
};

Function function_of(const Field& field, const std::map<std::string, std::string>& variables) {
  const std::string& tag = variables.at("tag");
  const std::string& encoding = variables.at("encoding");
  switch (form_of(field)) {
    case FieldForm::kScalar:
      return {"scalar", tag + ", " + encoding};
    case FieldForm::kText:
      return {"text", tag};
    case FieldForm::kMessage:
      return {"message", tag};
    case FieldForm::kPacked:
      if (field.is_packed()) return {"packed", variables.at("packed_tag") + ", " + encoding};
      return {"unpacked", tag + ", " + encoding};
    case FieldForm::kTexts:
      return {"texts", tag};
    case FieldForm::kMessages:
    case FieldForm::kMap:
      return {"messages", tag};
  }
  return {};
}

// Of a map's entry: key and value are written whatever they are.
Function function_of_entry(const Field& field, const std::map<std::string, std::string>& variables) {
  switch (form_of(field)) {
    case FieldForm::kText:
      return {"entry_text", variables.at("tag")};
    case FieldForm::kMessage:
      return {"entry_message", variables.at("tag")};
    default:
      return {"present", variables.at("tag") + ", " + variables.at("encoding")};
  }
}

}  // namespace

FieldsWriter::FieldsWriter(const pb::Descriptor& message) : message_(message) {
  const std::string& package = message.file()->package();
  variables_ = {{"view", view_name(message, package)},
                {"fields", fields_name(message, package)},
                {"full_name", message.full_name()}};
}

void FieldsWriter::declare(Printer& out) const {
  const std::string& package = message_.file()->package();
  out.Print("\n");
  print_comment(message_, out);
  out.Print(variables_, "struct $fields$ {\n");
  out.Indent();
  if (!is_map_entry()) out.Print(variables_, "using ViewType = $view$;\n");
  for (int index = 0; index < message_.nested_type_count(); ++index) {
    const pb::Descriptor& nested = *message_.nested_type(index);
    out.Print("using $name$ = $fields$;\n", "name", identifier(nested.name()), "fields",
              fields_name(nested, package));
  }
  if (message_.field_count() > 0) out.Print("\n");
  for (int index = 0; index < message_.field_count(); ++index) {
    const Field& field = *message_.field(index);
    print_comment(field, out);
    out.Print(variables_of(field), "$written_type$ $name${};\n");
  }
  if (!is_map_entry()) {
    out.Print(
        "/// Written behind the other fields.\n"
        "::parlance::wire::UnknownFields unknown_fields{};\n");
  }
  out.Outdent();
  out.Print(variables_,
            "};\n"
            "std::size_t wire_size(const $fields$& fields);\n"
            "std::byte* wire_put(const $fields$& fields, std::byte* end);\n");
}

void FieldsWriter::define(Printer& out) const {
  define_size(out);
  define_put(out);
}

void FieldsWriter::define_size(Printer& out) const {
  const bool uses_argument = !is_map_entry() || message_.field_count() > 0;
  out.Print(variables_, "\nstd::size_t wire_size(const $fields$& fields) {\n");
  if (uses_argument) define_oneof_checks(out);
  out.Print("  std::size_t size = 0;\n");
  for (int index = 0; index < message_.field_count(); ++index) {
    const Field& field = *message_.field(index);
    auto variables = variables_of(field);
    const Function function =
        is_map_entry() ? function_of_entry(field, variables) : function_of(field, variables);
    variables["function"] = function.name;
    variables["arguments"] = function.arguments;
    out.Print(variables, "  size += ::parlance::wire::size_$function$<$arguments$>(fields.$name$);\n");
  }
  if (!is_map_entry()) out.Print("  size += fields.unknown_fields.size_bytes();\n");
  out.Print(
      "  return size;\n"
      "}\n");
}

void FieldsWriter::define_put(Printer& out) const {
  out.Print(variables_, "\nstd::byte* wire_put(const $fields$& fields, std::byte* end) {\n");
  if (!is_map_entry()) out.Print("  end = fields.unknown_fields.put(end);\n");
  std::vector<const Field*> fields;
  for (int index = 0; index < message_.field_count(); ++index) fields.push_back(message_.field(index));
  std::ranges::sort(fields, std::greater{}, &Field::number);
  for (const Field* field : fields) {
    auto variables = variables_of(*field);
    const Function function =
        is_map_entry() ? function_of_entry(*field, variables) : function_of(*field, variables);
    variables["function"] = function.name;
    variables["arguments"] = function.arguments;
    out.Print(variables, "  end = ::parlance::wire::put_$function$<$arguments$>(end, fields.$name$);\n");
  }
  out.Print(
      "  return end;\n"
      "}\n");
}

void FieldsWriter::define_oneof_checks(Printer& out) const {
  for (int index = 0; index < message_.real_oneof_decl_count(); ++index) {
    const pb::OneofDescriptor& oneof = *message_.oneof_decl(index);
    std::string sum;
    for (int member = 0; member < oneof.field_count(); ++member) {
      const Field& field = *oneof.field(member);
      const std::string value = "fields." + member_name(field);
      if (member > 0) sum += " + ";
      sum += form_of(field) == FieldForm::kMessage ? "(" + value + " != nullptr)" : value + ".has_value()";
    }
    out.Print("  ::parlance::require($sum$ <= 1, \"$name$: more than one member of the oneof is set\");\n",
              "sum", sum, "name", oneof.full_name());
  }
}

}  // namespace parlance::codegen
