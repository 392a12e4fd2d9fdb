#include "names.h"

#include <google/protobuf/compiler/cpp/names.h>

#include <string_view>

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;
namespace cpp = google::protobuf::compiler::cpp;

constexpr std::string_view kRuntime = "parlance";

// Members of the generated classes and of parlance::Service that a method must not replace.
const std::set<std::string>& reserved_members() {
  static const std::set<std::string> names{"Handler",   "Client",  "ViewHandler", "ViewClient", "kFullName",
                                           "full_name", "methods", "on_shutdown", "channel_"};
  return names;
}

// The keywords of C++23, and NULL, which is a macro.
const std::set<std::string>& keywords() {
  static const std::set<std::string> names{
      "alignas",     "alignof",   "and",        "and_eq",    "asm",      "auto",         "bitand",
      "bitor",       "bool",      "break",      "case",      "catch",    "char",         "char8_t",
      "char16_t",    "char32_t",  "class",      "compl",     "concept",  "const",        "consteval",
      "constexpr",   "constinit", "const_cast", "continue",  "co_await", "co_return",    "co_yield",
      "decltype",    "default",   "delete",     "do",        "double",   "dynamic_cast", "else",
      "enum",        "explicit",  "export",     "extern",    "false",    "float",        "for",
      "friend",      "goto",      "if",         "inline",    "int",      "long",         "mutable",
      "namespace",   "new",       "noexcept",   "not",       "not_eq",   "nullptr",      "operator",
      "or",          "or_eq",     "private",    "protected", "public",   "register",     "reinterpret_cast",
      "requires",    "return",    "short",      "signed",    "sizeof",   "static",       "static_assert",
      "static_cast", "struct",    "switch",     "template",  "this",     "thread_local", "throw",
      "true",        "try",       "typedef",    "typeid",    "typename", "union",        "unsigned",
      "using",       "virtual",   "void",       "volatile",  "wchar_t",  "while",        "xor",
      "xor_eq",      "NULL"};
  return names;
}

// "golden.parlance" is found by a search for "parlance" that begins in the package golden.
bool is_nested_runtime(std::string_view package) {
  const std::string text = "." + std::string{package} + ".";
  const std::size_t at = text.find(".parlance.");
  return at != std::string::npos && at > 0;
}

bool has_nested_runtime(const pb::FileDescriptor& file, std::set<const pb::FileDescriptor*>& seen) {
  if (!seen.insert(&file).second) return false;
  if (is_nested_runtime(file.package())) return true;
  for (int index = 0; index < file.dependency_count(); ++index) {
    if (has_nested_runtime(*file.dependency(index), seen)) return true;
  }
  return false;
}

bool shadows_runtime(const pb::ServiceDescriptor& service, const std::set<std::string>& members) {
  const pb::FileDescriptor& file = *service.file();
  const std::string symbol = file.package().empty() ? std::string{kRuntime} : file.package() + ".parlance";
  if (file.pool()->FindMessageTypeByName(symbol) != nullptr) return true;
  if (file.pool()->FindEnumTypeByName(symbol) != nullptr) return true;
  std::set<const pb::FileDescriptor*> seen;
  return members.contains(std::string{kRuntime}) || has_nested_runtime(file, seen);
}

}  // namespace

std::string identifier(const std::string& name) { return keywords().contains(name) ? name + "_" : name; }

ServiceNames::ServiceNames(const pb::ServiceDescriptor& descriptor)
    : package_(descriptor.file()->package()),
      service_(identifier(descriptor.name())),
      members_(reserved_members()) {
  members_.insert(service_);
  for (int index = 0; index < descriptor.method_count(); ++index)
    members_.insert(method(*descriptor.method(index)));
  runtime_ = shadows_runtime(descriptor, members_) ? "::parlance" : "parlance";
}

std::string ServiceNames::method(const pb::MethodDescriptor& method) const {
  return reserved_members().contains(method.name()) ? method.name() + "_" : identifier(method.name());
}

std::string ServiceNames::message(const pb::Descriptor& message) const {
  const std::string name = cpp::ClassName(&message);
  const bool is_near = message.file()->package() == package_ && !members_.contains(name);
  return is_near ? name : cpp::QualifiedClassName(&message);
}

std::string namespace_of(const pb::FileDescriptor& file) {
  std::string name;
  for (char c : file.package()) name += c == '.' ? std::string{"::"} : std::string{c};
  return name;
}

std::string output_name(const pb::FileDescriptor& file) { return cpp::StripProto(file.name()) + ".parlance"; }

std::string messages_header(const pb::FileDescriptor& file) { return cpp::StripProto(file.name()) + ".pb.h"; }

}  // namespace parlance::codegen
