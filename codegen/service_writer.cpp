#include "service_writer.h"

#include "comments.h"
#include "view_names.h"

namespace parlance::codegen {
namespace {

namespace pb = google::protobuf;

// What differs between the four kinds of call. $…$ are the variables of variables_of().
struct Shape {
  const char* bind;
  const char* handler_result;
  const char* handler_parameters;
  const char* client_call;
  const char* client_parameters;
  const char* client_arguments;
};

// $in$ is what a handler reads, $result$ what it returns and $out$ what it writes; $sent$ and $received$ are
// the client's.
constexpr Shape kUnary{"bind_unary",
                       "$rt$::Task<$rt$::Result<$result$>>",
                       "$rt$::ServerCall& call, $rt$::Incoming<$in$>$request_name$",
                       "$rt$::UnaryCall<$received$>",
                       "const $sent$& request, $rt$::CallOptions options$default$",
                       "request, options"};
constexpr Shape kClientStreaming{"bind_client_streaming",
                                 "$rt$::Task<$rt$::Result<$result$>>",
                                 "$rt$::ServerCall& call, $rt$::Reader<$in$>&$in_name$",
                                 "$rt$::ClientWriter<$sent$, $received$>",
                                 "$rt$::CallOptions options$default$",
                                 "options"};
constexpr Shape kServerStreaming{
    "bind_server_streaming",
    "$rt$::Task<$rt$::Status>",
    "$rt$::ServerCall& call, $rt$::Incoming<$in$>$request_name$, $rt$::Writer<$out$>&$out_name$",
    "$rt$::ClientReader<$received$>",
    "const $sent$& request, $rt$::CallOptions options$default$",
    "request, options"};
constexpr Shape kBidiStreaming{
    "bind_bidi_streaming",
    "$rt$::Task<$rt$::Status>",
    "$rt$::ServerCall& call, $rt$::Reader<$in$>&$in_name$, $rt$::Writer<$out$>&$out_name$",
    "$rt$::ClientReaderWriter<$sent$, $received$>",
    "$rt$::CallOptions options$default$",
    "options"};

const Shape& shape_of(const pb::MethodDescriptor& method) {
  if (method.client_streaming()) return method.server_streaming() ? kBidiStreaming : kClientStreaming;
  return method.server_streaming() ? kServerStreaming : kUnary;
}

}  // namespace

ServiceWriter::ServiceWriter(const pb::ServiceDescriptor& service, bool with_views)
    : service_(service), names_(service), with_views_(with_views) {
  variables_ = {{"rt", names_.runtime()}, {"service", names_.service()}, {"full_name", service.full_name()}};
}

ServiceWriter::Variables ServiceWriter::variables_of(Messages messages) const {
  const bool views = messages == Messages::kViews;
  Variables variables = variables_;
  variables["handler"] = views ? "ViewHandler" : "Handler";
  variables["client"] = views ? "ViewClient" : "Client";
  variables["how"] = views ? ", on views: requests are read where they lie" : "";
  variables["how_sent"] = views ? ", on views" : "";
  return variables;
}

ServiceWriter::Variables ServiceWriter::variables_of(const Method& method, Messages messages,
                                                     Parameters parameters) const {
  const bool named = parameters == Parameters::kNamed;
  Variables variables = variables_of(messages);
  variables["method"] = names_.method(method);
  variables["wire_name"] = method.name();
  variables["bind"] = shape_of(method).bind;
  variables["request_name"] = named ? " request" : "";
  variables["in_name"] = named ? " in" : "";
  variables["out_name"] = named ? " out" : "";
  variables["default"] = named ? " = {}" : "";
  if (messages == Messages::kMessages) {
    variables["in"] = variables["sent"] = names_.message(*method.input_type());
    variables["out"] = variables["result"] = variables["received"] = names_.message(*method.output_type());
  } else {
    const std::string& package = service_.file()->package();
    variables["in"] = view_name(*method.input_type(), package);
    variables["sent"] = fields_name(*method.input_type(), package);
    variables["out"] = fields_name(*method.output_type(), package);
    variables["result"] = names_.runtime() + "::Written<" + variables["out"] + ">";
    variables["received"] = view_name(*method.output_type(), package);
  }
  return variables;
}

void ServiceWriter::for_each_method(Write write, Messages messages, Printer& out) const {
  for (int index = 0; index < service_.method_count(); ++index) {
    (this->*write)(*service_.method(index), messages, out);
  }
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
  declare_handler(Messages::kMessages, out);
  out.Print("\n");
  declare_client(Messages::kMessages, out);
  if (with_views_) {
    out.Print("\n");
    declare_handler(Messages::kViews, out);
    out.Print("\n");
    declare_client(Messages::kViews, out);
  }
  out.Outdent();
  out.Print("};\n");
}

void ServiceWriter::declare_handler(Messages messages, Printer& out) const {
  out.Print(variables_of(messages),
            "/// Server side$how$: override the methods you serve; the others answer UNIMPLEMENTED.\n"
            "class $handler$ : public $rt$::Service {\n"
            " public:\n");
  out.Indent();
  for_each_method(&ServiceWriter::declare_handler_method, messages, out);
  out.Print(variables_,
            "std::string_view full_name() const final { return kFullName; }\n"
            "std::vector<$rt$::MethodBinding> methods() final;\n");
  out.Outdent();
  out.Print("};\n");
}

void ServiceWriter::declare_handler_method(const Method& method, Messages messages, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, messages, Parameters::kNamed);
  print_comment(method, out);
  out.Print(variables, "virtual ");
  out.Print(variables, shape.handler_result);
  out.Print(variables, " $method$(\n    ");
  out.Print(variables, shape.handler_parameters);
  out.Print(");\n\n");
}

void ServiceWriter::declare_client(Messages messages, Printer& out) const {
  const Variables variables = variables_of(messages);
  out.Print(variables,
            "/// Client side$how_sent$: each call begins when its method is called. `co_await` what it gives "
            "on a loop, or\n"
            "/// `wait()` for it on any other thread.\n"
            "class $client$ {\n"
            " public:\n");
  out.Indent();
  out.Print(variables, "explicit $client$($rt$::Channel channel) : channel_(std::move(channel)) {}\n\n");
  for_each_method(&ServiceWriter::declare_client_method, messages, out);
  out.Outdent();
  out.Print(variables,
            " private:\n"
            "  $rt$::Channel channel_;\n"
            "};\n");
}

void ServiceWriter::declare_client_method(const Method& method, Messages messages, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, messages, Parameters::kNamed);
  print_comment(method, out);
  out.Print(variables, shape.client_call);
  out.Print(variables, " $method$(\n    ");
  out.Print(variables, shape.client_parameters);
  out.Print(") const;\n\n");
}

void ServiceWriter::define(Printer& out) const {
  define_all(Messages::kMessages, out);
  if (with_views_) define_all(Messages::kViews, out);
}

void ServiceWriter::define_all(Messages messages, Printer& out) const {
  for_each_method(&ServiceWriter::define_handler_method, messages, out);
  define_bindings(messages, out);
  for_each_method(&ServiceWriter::define_client_method, messages, out);
}

void ServiceWriter::define_handler_method(const Method& method, Messages messages, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, messages, Parameters::kUnnamed);
  out.Print("\n");
  out.Print(variables, shape.handler_result);
  out.Print(variables, " $service$::$handler$::$method$(\n    ");
  out.Print(variables, shape.handler_parameters);
  out.Print(variables,
            ") {\n"
            "  co_return $rt$::detail::method_not_served(call.method());\n"
            "}\n");
}

void ServiceWriter::define_bindings(Messages messages, Printer& out) const {
  out.Print(variables_of(messages),
            "\n"
            "std::vector<$rt$::MethodBinding> $service$::$handler$::methods() {\n"
            "  std::vector<$rt$::MethodBinding> methods;\n");
  for_each_method(&ServiceWriter::define_binding, messages, out);
  out.Print(
      "  return methods;\n"
      "}\n");
}

void ServiceWriter::define_binding(const Method& method, Messages messages, Printer& out) const {
  out.Print(variables_of(method, messages, Parameters::kNamed),
            "  methods.push_back($rt$::$bind$(\"$wire_name$\", *this, &$handler$::$method$));\n");
}

void ServiceWriter::define_client_method(const Method& method, Messages messages, Printer& out) const {
  const Shape& shape = shape_of(method);
  const Variables variables = variables_of(method, messages, Parameters::kUnnamed);
  out.Print("\n");
  out.Print(variables, shape.client_call);
  out.Print(variables, " $service$::$client$::$method$(\n    ");
  out.Print(variables, shape.client_parameters);
  out.Print(variables, ") const {\n  return {channel_, \"/$full_name$/$wire_name$\", ");
  out.Print(variables, shape.client_arguments);
  out.Print(
      "};\n"
      "}\n");
}

}  // namespace parlance::codegen
