#include "edge/http_routes.h"

#include <utility>

#include "base/concat.h"
#include "edge/http_call.h"
#include "edge/http_status.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

Task<Result<HttpResponse>> answer_with(HttpResponse response) { co_return response; }

// "/v1/models/" of "/v1/models/{id}"; empty for a path without a parameter.
std::string_view stem_of(std::string_view path) {
  return path.ends_with('}') ? path.substr(0, path.rfind('{')) : std::string_view{};
}

std::string names_of(const auto& methods) {
  std::string names;
  for (const auto& [name, handler] : methods) names += concat(names.empty() ? "" : ", ", name);
  if (methods.contains("GET")) names += ", HEAD";
  return names;
}

Status wrong_method(std::string_view method, std::string_view path, const std::string& allowed) {
  return grpc::make_error(StatusCode::kUnimplemented, "HTTP_METHOD_NOT_ALLOWED",
                          concat(path, " answers ", allowed),
                          {{"hop", "server"}, {"limit", allowed}, {"observed", std::string{method}}});
}

}  // namespace

void HttpRoutes::get(std::string path, Answer answer) {
  add("GET", std::move(path),
      [answer = std::move(answer)](const HttpCall& call) { return answer_with(answer(call.request())); });
}

void HttpRoutes::add(std::string method, std::string path, HttpHandler handler) {
  paths_[std::move(path)].emplace(std::move(method), std::move(handler));
}

void HttpRoutes::write_errors(std::string prefix, HttpErrorWriter writer) {
  errors_.emplace_back(std::move(prefix), std::move(writer));
}

const HttpRoutes::Paths::value_type* HttpRoutes::lookup(std::string_view path) const {
  if (const auto exact = paths_.find(path); exact != paths_.end()) return &*exact;
  for (const auto& entry : paths_) {
    const std::string_view stem = stem_of(entry.first);
    if (!stem.empty() && path.size() > stem.size() && path.starts_with(stem)) return &entry;
  }
  return nullptr;
}

const HttpErrorWriter& HttpRoutes::errors_of(std::string_view path) const {
  static const HttpErrorWriter kAsText = error_as_text;
  for (const auto& [prefix, writer] : errors_) {
    if (path.starts_with(prefix)) return writer;
  }
  return kAsText;
}

HttpRoutes::Found HttpRoutes::find(std::string_view method, std::string_view path) const {
  Found found;
  found.errors = &errors_of(path);
  const auto* entry = lookup(path);
  if (entry == nullptr) {
    found.error = not_found(path);
    return found;
  }
  found.path = entry->first;
  if (const std::string_view stem = stem_of(entry->first); !stem.empty()) {
    found.parameter = path.substr(stem.size());
  }
  const auto handler = entry->second.find(method == "HEAD" ? "GET" : method);
  if (handler == entry->second.end()) {
    found.error = wrong_method(method, path, names_of(entry->second));
  } else {
    found.handler = &handler->second;
  }
  return found;
}

Status HttpRoutes::not_found(std::string_view path) const {
  std::string text = concat("there is no ", path, " here; there is");
  for (const auto& [known, methods] : paths_) text += concat("\n  ", known);
  return grpc::make_error(StatusCode::kNotFound, "HTTP_PATH_NOT_FOUND", std::move(text),
                          {{"hop", "server"}, {"observed", std::string{path}}});
}

}  // namespace parlance::edge
