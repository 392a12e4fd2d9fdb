#include "interceptors/exempt_methods.h"

#include <algorithm>

namespace parlance::interceptors {

ExemptMethods::ExemptMethods()
    : names_{"grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
             "grpc.reflection.v1alpha.ServerReflection"} {}

bool ExemptMethods::contains(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with('/') || slash == 0) return false;
  const std::string_view service = path.substr(1, slash - 1);
  return std::ranges::any_of(names_, [&](std::string_view name) { return name == service || name == path; });
}

}  // namespace parlance::interceptors
