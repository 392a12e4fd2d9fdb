#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "edge/http_connection.h"
#include "edge/http_message.h"

namespace parlance::edge {

/// Which path is answered by what. Filled before it is used, then read by every loop.
class HttpRoutes {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest& request)>;

  /// GET and HEAD of `path`, answered in place: for what is at hand. Other methods are 405.
  void get(std::string path, Answer answer);
  /// The same of one that may wait.
  void get(std::string path, HttpHandler handler);

  /// 404 for a path that is not there, with those that are.
  Task<HttpResponse> handle(HttpRequest request) const;

 private:
  HttpResponse not_found(std::string_view path) const;

  std::map<std::string, HttpHandler, std::less<>> handlers_;
};

}  // namespace parlance::edge
