#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

namespace parlance::codegen {

// The names of what is generated for views. Those of messages and enums are as a file of `package` writes
// them: with their namespace when they are of another package.

/// "Outer_Inner" for constants in the source.
std::string constant_name(const google::protobuf::Descriptor& message);
/// "PredictRequestView"; with an underscore where the proto has a message of that name.
std::string view_name(const google::protobuf::Descriptor& message, const std::string& package);
/// "PredictResponseFields".
std::string fields_name(const google::protobuf::Descriptor& message, const std::string& package);
/// "PayloadTypeValue".
std::string value_name(const google::protobuf::EnumDescriptor& type, const std::string& package);
/// "request_id"; keywords and names that generated classes need themselves get an underscore behind.
std::string member_name(const google::protobuf::FieldDescriptor& field);
/// "RequestId" of "request_id".
std::string camel_case(const std::string& name);
/// "kRequestId", as libprotobuf names the cases of a oneof.
std::string case_name(const google::protobuf::FieldDescriptor& field);
/// "parlance/inference.views" for parlance/inference.proto.
std::string views_output_name(const google::protobuf::FileDescriptor& file);

/// Whether views can be made: all of proto3, with all messages that it uses.
bool has_views(const google::protobuf::FileDescriptor& file);
/// Why not: "f.proto is proto2"; empty when views can be made.
std::string why_no_views(const google::protobuf::FileDescriptor& file);

}  // namespace parlance::codegen
