#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace parlance::interceptors {

/// Methods that an interceptor lets pass: services by name ("grpc.health.v1.Health") and methods by path
/// ("/inference.InferenceService/Predict").
class ExemptMethods {
 public:
  /// Health and both versions of reflection: who watches a server must reach them, whoever may call it and
  /// however busy it is.
  ExemptMethods();
  explicit ExemptMethods(std::vector<std::string> names) : names_(std::move(names)) {}

  /// `path`: "/package.Service/Method".
  bool contains(std::string_view path) const;

 private:
  std::vector<std::string> names_;
};

}  // namespace parlance::interceptors
