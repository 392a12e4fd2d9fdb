#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/printer.h>

#include <cstdint>
#include <map>
#include <string>

#include "names.h"

namespace parlance::codegen {

/// Writes the code of one service: Handler and Client, and with views ViewHandler and ViewClient too.
class ServiceWriter {
 public:
  ServiceWriter(const google::protobuf::ServiceDescriptor& service, bool with_views);

  /// The class, for the header.
  void declare(google::protobuf::io::Printer& out) const;
  /// Its member functions, for the source.
  void define(google::protobuf::io::Printer& out) const;

 private:
  using Method = google::protobuf::MethodDescriptor;
  using Printer = google::protobuf::io::Printer;
  using Variables = std::map<std::string, std::string>;

  // Whether a parameter list stands in a declaration (names, default arguments) or in a definition.
  enum class Parameters : std::uint8_t { kNamed, kUnnamed };
  // What the messages are to the user: those of libprotobuf, or views and Fields.
  enum class Messages : std::uint8_t { kMessages, kViews };
  using Write = void (ServiceWriter::*)(const Method&, Messages, Printer&) const;

  void for_each_method(Write write, Messages messages, Printer& out) const;
  void declare_handler(Messages messages, Printer& out) const;
  void declare_handler_method(const Method& method, Messages messages, Printer& out) const;
  void declare_client(Messages messages, Printer& out) const;
  void declare_client_method(const Method& method, Messages messages, Printer& out) const;
  void define_all(Messages messages, Printer& out) const;
  void define_handler_method(const Method& method, Messages messages, Printer& out) const;
  void define_bindings(Messages messages, Printer& out) const;
  void define_binding(const Method& method, Messages messages, Printer& out) const;
  void define_client_method(const Method& method, Messages messages, Printer& out) const;

  Variables variables_of(Messages messages) const;
  Variables variables_of(const Method& method, Messages messages, Parameters parameters) const;

  const google::protobuf::ServiceDescriptor& service_;
  ServiceNames names_;
  bool with_views_;
  Variables variables_;
};

}  // namespace parlance::codegen
