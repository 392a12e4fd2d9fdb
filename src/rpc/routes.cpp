#include "rpc/routes.h"

#include "base/assert.h"
#include "grpc/error_details.h"

namespace parlance::detail {
namespace {

std::string quoted(std::string_view text) { return "'" + std::string{text} + "'"; }

}  // namespace

void Routes::add(std::shared_ptr<Service> service) {
  const std::string name{service->full_name()};
  require(names_.insert(name).second, "Server::add: a service of this name is already served");
  for (MethodBinding& method : service->methods()) {
    method.set_path("/" + name + "/" + method.name(), methods_.size());
    std::string path = method.path();
    methods_.emplace(std::move(path), std::move(method));
  }
  services_.push_back(std::move(service));
}

const MethodBinding* Routes::find(std::string_view path) const {
  const auto found = methods_.find(path);
  return found == methods_.end() ? nullptr : &found->second;
}

std::vector<std::string> Routes::paths() const {
  std::vector<std::string> paths(methods_.size());
  for (const auto& [path, method] : methods_) paths[method.number()] = path;
  return paths;
}

Status Routes::unknown(std::string_view path) const {
  const std::size_t slash = path.rfind('/');
  if (!path.starts_with('/') || slash == 0 || slash == std::string_view::npos) {
    return grpc::make_error(StatusCode::kUnimplemented, "MALFORMED_METHOD",
                            "the path " + quoted(path) + " is not of the form /package.Service/Method",
                            {{"hop", "server"}, {"observed", std::string{path}}});
  }
  const std::string_view service = path.substr(1, slash - 1);
  const std::string_view method = path.substr(slash + 1);
  if (!names_.contains(service)) {
    return grpc::make_error(StatusCode::kUnimplemented, "UNKNOWN_SERVICE",
                            "unknown service " + quoted(service),
                            {{"hop", "server"}, {"observed", std::string{service}}});
  }
  return grpc::make_error(StatusCode::kUnimplemented, "UNKNOWN_METHOD",
                          "unknown method " + quoted(method) + " of service " + quoted(service),
                          {{"hop", "server"}, {"observed", std::string{method}}});
}

}  // namespace parlance::detail
