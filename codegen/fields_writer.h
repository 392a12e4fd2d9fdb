#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/printer.h>

#include <map>
#include <string>

namespace parlance::codegen {

/// Writes the Fields of one message, or of a map's entry: the aggregate that is written.
class FieldsWriter {
 public:
  explicit FieldsWriter(const google::protobuf::Descriptor& message);

  /// The struct and its functions, for the header.
  void declare(google::protobuf::io::Printer& out) const;
  /// The functions, for the source.
  void define(google::protobuf::io::Printer& out) const;

 private:
  using Field = google::protobuf::FieldDescriptor;
  using Printer = google::protobuf::io::Printer;

  void define_size(Printer& out) const;
  void define_put(Printer& out) const;
  void define_oneof_checks(Printer& out) const;
  bool is_map_entry() const { return message_.options().map_entry(); }

  const google::protobuf::Descriptor& message_;
  std::map<std::string, std::string> variables_;
};

}  // namespace parlance::codegen
