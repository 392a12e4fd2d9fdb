#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/printer.h>

#include <cstdint>
#include <map>
#include <string>

#include "names.h"

namespace parlance::codegen {

/// Writes the code of one service.
class ServiceWriter {
 public:
  explicit ServiceWriter(const google::protobuf::ServiceDescriptor& service);

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

  void for_each_method(void (ServiceWriter::*write)(const Method&, Printer&) const, Printer& out) const;
  void declare_handler(Printer& out) const;
  void declare_handler_method(const Method& method, Printer& out) const;
  void declare_client(Printer& out) const;
  void declare_client_method(const Method& method, Printer& out) const;
  void define_handler_method(const Method& method, Printer& out) const;
  void define_bindings(Printer& out) const;
  void define_binding(const Method& method, Printer& out) const;
  void define_client_method(const Method& method, Printer& out) const;

  Variables variables_of(const Method& method, Parameters parameters) const;

  const google::protobuf::ServiceDescriptor& service_;
  ServiceNames names_;
  Variables variables_;
};

}  // namespace parlance::codegen
