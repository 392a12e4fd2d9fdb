#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "edge/http_message.h"
#include "rpc/task.h"

namespace parlance::edge {

class HttpCall;

/// Answers a request: with what it returns, or with what it has written (HttpCall::begin), and then only an
/// error of what it returns is looked at. Runs on the call's loop; one object serves every loop at once. What
/// it throws is answered with 500, without its text.
using HttpHandler = std::function<Task<Result<HttpResponse>>(HttpCall& call)>;

/// What a "{name}" of a route's path stands for in a request's.
struct HttpParameter {
  std::string_view name;
  std::string_view value;
};

/// An error as the answer of the protocol that a path belongs to.
using HttpErrorWriter = std::function<HttpResponse(const Status& status)>;

/// Which method and path is answered by what. Filled before it is used, then read by every loop.
class HttpRoutes {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest& request)>;

  /// GET and HEAD of `path`, answered in place: for what is at hand.
  void get(std::string path, Answer answer);
  /// `method` of `path`; GET serves HEAD, too. A "{name}" in a path stands for some text
  /// (HttpCall::parameter): at its end for all the rest, elsewhere for what has no '/'
  /// ("/v2/models/{model}/infer"). A path without one is looked for first, then the one with most of its text
  /// written out.
  void add(std::string method, std::string path, HttpHandler handler);
  /// How errors of all routes whose paths, as they were added, begin with `prefix` are answered, and of paths
  /// that are not there. The longest prefix wins, of equal ones the first added; others are answered with a
  /// line of text.
  void write_errors(std::string prefix, HttpErrorWriter writer);

  struct Found {
    /// Null: `error` says why.
    const HttpHandler* handler = nullptr;
    /// As it was added; empty when the path is not there.
    std::string_view path;
    /// What each "{name}" stands for.
    std::vector<HttpParameter> parameters;
    const HttpErrorWriter* errors = nullptr;
    /// NOT_FOUND, with what there is; UNIMPLEMENTED for another method.
    Status error;
  };
  /// Borrows `path` and this.
  Found find(std::string_view method, std::string_view path) const;

 private:
  using Methods = std::map<std::string, HttpHandler, std::less<>>;
  using Paths = std::map<std::string, Methods, std::less<>>;

  const Paths::value_type* lookup(std::string_view path, std::vector<HttpParameter>& parameters) const;
  const HttpErrorWriter& errors_of(std::string_view path) const;
  Status not_found(std::string_view path) const;

  Paths paths_;
  std::vector<std::pair<std::string, HttpErrorWriter>> errors_;
};

}  // namespace parlance::edge
