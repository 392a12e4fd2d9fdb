#pragma once

#include <set>
#include <string>

#include <google/protobuf/descriptor.h>

namespace parlance::codegen {

/// `name`, with an underscore behind when C++ keeps it for itself.
std::string identifier(const std::string& name);

/// The C++ names that the code of one service uses. They are as short as can be without meaning something
/// else inside the generated classes.
class ServiceNames {
 public:
  explicit ServiceNames(const google::protobuf::ServiceDescriptor& service);

  /// "InferenceService"; C++ keywords get an underscore behind.
  const std::string& service() const { return service_; }
  /// "Predict"; keywords and names that the generated classes need themselves get an underscore behind.
  std::string method(const google::protobuf::MethodDescriptor& method) const;
  /// "PredictRequest" of the service's own package, "::other::Request" of another one.
  std::string message(const google::protobuf::Descriptor& message) const;
  /// "parlance", or "::parlance" where the package or its imports give that name another meaning.
  const std::string& runtime() const { return runtime_; }

 private:
  std::string package_;
  std::string service_;
  std::string runtime_;
  std::set<std::string> members_;
};

/// "foo::bar" for the package "foo.bar"; empty without a package.
std::string namespace_of(const google::protobuf::FileDescriptor& file);

/// "parlance/inference.parlance" for parlance/inference.proto: where the generated pair goes, without .h or
/// .cpp.
std::string output_name(const google::protobuf::FileDescriptor& file);
/// "parlance/inference.pb.h", which protoc's own C++ generator writes.
std::string messages_header(const google::protobuf::FileDescriptor& file);

}  // namespace parlance::codegen
