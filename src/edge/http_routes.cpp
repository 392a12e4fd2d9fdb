#include "edge/http_routes.h"

#include <optional>
#include <utility>

#include "base/concat.h"
#include "edge/http_call.h"
#include "edge/http_status.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

Task<Result<HttpResponse>> answer_with(HttpResponse response) { co_return response; }

std::string_view take_literal(std::string_view& pattern) {
  const std::string_view literal = pattern.substr(0, pattern.find('{'));
  pattern.remove_prefix(literal.size());
  return literal;
}

// "{name}", which `pattern` begins with.
std::string_view take_name(std::string_view& pattern) {
  const std::size_t end = pattern.find('}');
  const std::string_view name = pattern.substr(1, end - 1);
  pattern.remove_prefix(end + 1);
  return name;
}

/// The parameters of a path with the form of `pattern`; nothing when it has another.
std::optional<std::vector<HttpParameter>> match(std::string_view pattern, std::string_view path) {
  std::vector<HttpParameter> parameters;
  const std::string_view stem = take_literal(pattern);
  if (!path.starts_with(stem)) return std::nullopt;
  path.remove_prefix(stem.size());
  while (!pattern.empty()) {
    const std::string_view name = take_name(pattern);
    const bool takes_the_rest = pattern.empty();
    const std::string_view literal = take_literal(pattern);
    const bool is_last = pattern.empty();
    if (is_last && !path.ends_with(literal)) return std::nullopt;
    const std::size_t size = is_last ? path.size() - literal.size() : path.find(literal);
    const std::string_view value = path.substr(0, size);
    if (size == std::string_view::npos || value.empty()) return std::nullopt;
    if (!takes_the_rest && value.contains('/')) return std::nullopt;
    parameters.push_back({name, value});
    path.remove_prefix(size + literal.size());
  }
  if (!path.empty()) return std::nullopt;
  return parameters;
}

std::size_t literal_bytes(std::string_view pattern) {
  std::size_t bytes = 0;
  while (!pattern.empty()) {
    bytes += take_literal(pattern).size();
    if (!pattern.empty()) take_name(pattern);
  }
  return bytes;
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

const HttpRoutes::Paths::value_type* HttpRoutes::lookup(std::string_view path,
                                                        std::vector<HttpParameter>& parameters) const {
  if (const auto exact = paths_.find(path); exact != paths_.end()) return &*exact;
  const Paths::value_type* best = nullptr;
  for (const auto& entry : paths_) {
    auto matched = match(entry.first, path);
    if (!matched || matched->empty()) continue;
    if (best != nullptr && literal_bytes(best->first) >= literal_bytes(entry.first)) continue;
    best = &entry;
    parameters = *std::move(matched);
  }
  return best;
}

const HttpErrorWriter& HttpRoutes::errors_of(std::string_view path) const {
  static const HttpErrorWriter kAsText = error_as_text;
  const HttpErrorWriter* longest = &kAsText;
  std::size_t size = 0;
  for (const auto& [prefix, writer] : errors_) {
    if (!path.starts_with(prefix) || (prefix.size() <= size && longest != &kAsText)) continue;
    longest = &writer;
    size = prefix.size();
  }
  return *longest;
}

HttpRoutes::Found HttpRoutes::find(std::string_view method, std::string_view path) const {
  Found found;
  const auto* entry = lookup(path, found.parameters);
  found.errors = &errors_of(entry == nullptr ? path : std::string_view{entry->first});
  if (entry == nullptr) {
    found.error = not_found(path);
    return found;
  }
  found.path = entry->first;
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
