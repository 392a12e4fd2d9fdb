#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/io/printer.h>

namespace parlance::codegen {

/// The header FILE.views.h: a view and a Fields for each message, an enum for each enum. It needs the wire
/// library, and not libprotobuf.
void write_views_header(const google::protobuf::FileDescriptor& file, google::protobuf::io::Printer& out);
/// Its source.
void write_views_source(const google::protobuf::FileDescriptor& file, google::protobuf::io::Printer& out);

}  // namespace parlance::codegen
