#pragma once

#include <google/protobuf/compiler/code_generator.h>

#include <string>

namespace parlance::codegen {

/// Writes FILE.parlance.h and FILE.parlance.cpp for FILE.proto: for each of its services a class with the
/// nested classes Handler (server) and Client. A file without services gives a pair that only includes its
/// messages, so that a build can rely on both. With the option `views`, also FILE.views.h and FILE.views.cpp:
/// for each message a view and a Fields; and each service has ViewHandler and ViewClient. With `views_only`,
/// the views without the services.
class Generator final : public google::protobuf::compiler::CodeGenerator {
 public:
  bool Generate(const google::protobuf::FileDescriptor* file, const std::string& parameter,
                google::protobuf::compiler::GeneratorContext* context, std::string* error) const override;
  std::uint64_t GetSupportedFeatures() const override { return FEATURE_PROTO3_OPTIONAL; }
};

}  // namespace parlance::codegen
