#include "service_writer.h"

#include <sstream>

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;

// What stands behind the slashes. A backslash at the end of a comment would swallow the next line.
std::string comment_text(const std::string& line) {
  const std::size_t last = line.find_last_not_of(" \t\r\\");
  if (last == std::string::npos) return {};
  const bool spaced = line.front() == ' ' || line.front() == '\t';
  return (spaced ? "" : " ") + line.substr(0, last + 1);
}

// The comments that stand before `descriptor` in the .proto, as a documentation comment.
template <typename Descriptor>
void print_comment(const Descriptor& descriptor, pb::io::Printer& out) {
  pb::SourceLocation location;
  if (!descriptor.GetSourceLocation(&location) || location.leading_comments.empty()) return;
  std::istringstream lines{location.leading_comments};
  for (std::string line; std::getline(lines, line);) {
    out.Print("///$line$\n", "line", comment_text(line));
  }
}

// What differs between the four kinds of call. $…$ are the variables of variables_of().
struct Shape {
  const char* bind;
  const char* handler_result;
  const char* handler_parameters;
  const char* client_call;
  const char* client_parameters;
  const char* client_arguments;
};

constexpr Shape kUnary{"bind_unary",
                       "$rt$::Task<$rt$::Result<$response$>>",
                       "$rt$::ServerCall& call, $rt$::Incoming<$request$>$request_name$",
                       "$rt$::UnaryCall<$response$>",
                       "const $request$& request, $rt$::CallOptions options$default$",
                       "request, options"};
constexpr Shape kClientStreaming{"bind_client_streaming",
                                 "$rt$::Task<$rt$::Result<$response$>>",
                                 "$rt$::ServerCall& call, $rt$::Reader<$request$>&$in_name$",
                                 "$rt$::ClientWriter<$request$, $response$>",
                                 "$rt$::CallOptions options$default$",
                                 "options"};
constexpr Shape kServerStreaming{
    "bind_server_streaming",
    "$rt$::Task<$rt$::Status>",
    "$rt$::ServerCall& call, $rt$::Incoming<$request$>$request_name$, $rt$::Writer<$response$>&$out_name$",
    "$rt$::ClientReader<$response$>",
    "const $request$& request, $rt$::CallOptions options$default$",
    "request, options"};
constexpr Shape kBidiStreaming{
    "bind_bidi_streaming",
    "$rt$::Task<$rt$::Status>",
    "$rt$::ServerCall& call, $rt$::Reader<$request$>&$in_name$, $rt$::Writer<$response$>&$out_name$",
    "$rt$::ClientReaderWriter<$request$, $response$>",
    "$rt$::CallOptions options$default$",
    "options"};

const Shape& shape_of(const pb::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? kBidiStreaming : kClientStreaming;
  return method.server_streaming() ? kServerStreaming : kUnary;
}

}  // namespace

ServiceWriter::ServiceWriter(const pb::ServiceDescriptor& service) : service_(service), names_(service) {
  variables_ = {{"rt", names_.runtime()}, {"service", names_.service()}, {"full_name", service.full_name()}};
}

ServiceWriter::Variables ServiceWriter::variables_of(const Method& method, Parameters parameters) const {
  const bool named = parameters == Parameters::kNamed;
  Variables variables = variables_;
  variables["method"] = names_.method(method);
  variables["wire_name"] = method.name();
  variables["request"] = names_.message(*method.input_type());
  variables["response"] = names_.message(*method.output_type());
  variables["bind"] = shape_of(method).bind;
  variables["request_name"] = named ? " request" : "";
  variables["in_name"] = named ? " in" : "";
  variables["out_name"] = named ? " out" : "";
  variables["default"] = named ? " = {}" : "";
  return variables;
}

void ServiceWriter::for_each_method(void (ServiceWriter::*write)(const Method&, Printer&) const,
                                    Printer& out) const {
  for (int index = 0; index < service_.method_count(); ++index) (this->*write)(*service_.method(index), out);
}

void ServiceWriter::declare(Printer& out) const {
  out.Print("\n");
  print_comment(service_, out);
  out.Print(variables_,
            "class $service$ final {\n"
            " public:\n"
            "  static constexpr std::string_view kFullName = \"$full_name$\";\n"
            "\n");
  out.Indent();
  declare_handler(out);
  out.Print("\n");
  declare_client(out);
  out.Outdent();
  out.Print("};\n");
}

void ServiceWriter::declare_handler(Printer& out) const {
  out.Print(variables_,
            "/// Server side: override the methods you serve; the others answer UNIMPLEMENTED.\n"
            "class Handler : public $rt$::Service {\n"
            " public:\n");
  out.Indent();
  for_each_method(&ServiceWriter::declare_handler_method, out);
  out.Print(variables_,
            "std::string_view full_name() const final { return kFullName; }\n"
            "std::vector<$rt$::MethodBinding> methods() final;\n");
  out.Outdent();
  out.Print("};\n");
}

void ServiceWriter::declare_handler_method(const Method& method, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, Parameters::kNamed);
  print_comment(method, out);
  out.Print(variables, "virtual ");
  out.Print(variables, shape.handler_result);
  out.Print(variables, " $method$(\n    ");
  out.Print(variables, shape.handler_parameters);
  out.Print(");\n\n");
}

void ServiceWriter::declare_client(Printer& out) const {
  out.Print(
      variables_,
      "/// Client side: each call begins when its method is called. `co_await` what it gives on a loop, or\n"
      "/// `wait()` for it on any other thread.\n"
      "class Client {\n"
      " public:\n");
  out.Indent();
  out.Print(variables_, "explicit Client($rt$::Channel channel) : channel_(std::move(channel)) {}\n\n");
  for_each_method(&ServiceWriter::declare_client_method, out);
  out.Outdent();
  out.Print(variables_,
            " private:\n"
            "  $rt$::Channel channel_;\n"
            "};\n");
}

void ServiceWriter::declare_client_method(const Method& method, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, Parameters::kNamed);
  print_comment(method, out);
  out.Print(variables, shape.client_call);
  out.Print(variables, " $method$(\n    ");
  out.Print(variables, shape.client_parameters);
  out.Print(") const;\n\n");
}

void ServiceWriter::define(Printer& out) const {
  for_each_method(&ServiceWriter::define_handler_method, out);
  define_bindings(out);
  for_each_method(&ServiceWriter::define_client_method, out);
}

void ServiceWriter::define_handler_method(const Method& method, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, Parameters::kUnnamed);
  out.Print("\n");
  out.Print(variables, shape.handler_result);
  out.Print(variables, " $service$::Handler::$method$(\n    ");
  out.Print(variables, shape.handler_parameters);
  out.Print(variables,
            ") {\n"
            "  co_return $rt$::detail::method_not_served(call.method());\n"
            "}\n");
}

void ServiceWriter::define_bindings(Printer& out) const {
  out.Print(variables_,
            "\n"
            "std::vector<$rt$::MethodBinding> $service$::Handler::methods() {\n"
            "  std::vector<$rt$::MethodBinding> methods;\n");
  for_each_method(&ServiceWriter::define_binding, out);
  out.Print(
      "  return methods;\n"
      "}\n");
}

void ServiceWriter::define_binding(const Method& method, Printer& out) const {
  out.Print(variables_of(method, Parameters::kNamed),
            "  methods.push_back($rt$::$bind$(\"$wire_name$\", *this, &Handler::$method$));\n");
}

void ServiceWriter::define_client_method(const Method& method, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, Parameters::kUnnamed);
  out.Print("\n");
  out.Print(variables, shape.client_call);
  out.Print(variables, " $service$::Client::$method$(\n    ");
  out.Print(variables, shape.client_parameters);
  out.Print(variables, ") const {\n  return {channel_, \"/$full_name$/$wire_name$\", ");
  out.Print(variables, shape.client_arguments);
  out.Print(
      "};\n"
      "}\n");
}

}  // namespace parlance::codegen
