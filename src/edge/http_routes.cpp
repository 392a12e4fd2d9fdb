#include "edge/http_routes.h"

#include <utility>

#include "base/concat.h"

namespace parlance::edge {
namespace {

Task<HttpResponse> answer_with(HttpResponse response) { co_return response; }

}  // namespace

void HttpRoutes::get(std::string path, Answer answer) {
  get(std::move(path), HttpHandler{[answer = std::move(answer)](const HttpRequest& request) {
        return answer_with(answer(request));
      }});
}

void HttpRoutes::get(std::string path, HttpHandler handler) {
  handlers_.emplace(std::move(path), std::move(handler));
}

Task<HttpResponse> HttpRoutes::handle(HttpRequest request) const {
  const auto found = handlers_.find(request.path);
  if (found == handlers_.end()) return answer_with(not_found(request.path));
  if (request.method != "GET" && request.method != "HEAD") {
    return answer_with({.status = 405,
                        .fields = {{"Allow", "GET, HEAD"}},
                        .body = concat(request.path, " answers GET and HEAD\n")});
  }
  return found->second(std::move(request));
}

HttpResponse HttpRoutes::not_found(std::string_view path) const {
  std::string text = concat("there is no ", path, " here; there is\n");
  for (const auto& [known, handler] : handlers_) text += concat("  ", known, "\n");
  return {.status = 404, .body = std::move(text)};
}

}  // namespace parlance::edge
