#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/printer.h>

#include <map>
#include <string>

namespace parlance::codegen {

/// Writes the view of one message: the class that reads it.
class ViewWriter {
 public:
  explicit ViewWriter(const google::protobuf::Descriptor& message);

  /// The class, for the header.
  void declare(google::protobuf::io::Printer& out) const;
  /// Its schema and its member functions, for the source.
  void define(google::protobuf::io::Printer& out) const;

 private:
  using Field = google::protobuf::FieldDescriptor;
  using Oneof = google::protobuf::OneofDescriptor;
  using Printer = google::protobuf::io::Printer;

  void declare_nested_names(Printer& out) const;
  void declare_oneof(const Oneof& oneof, Printer& out) const;
  void declare_accessors(const Field& field, Printer& out) const;
  void declare_data(Printer& out) const;
  void define_schema(Printer& out) const;
  void define_parse(Printer& out) const;
  void define_cases(const Field& field, Printer& out) const;
  void define_accessor(const Field& field, Printer& out) const;

  const google::protobuf::Descriptor& message_;
  std::map<std::string, std::string> variables_;
};

}  // namespace parlance::codegen
