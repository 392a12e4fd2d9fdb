#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace parlance::edge {

struct HttpField {
  std::string name;
  std::string value;
  bool operator==(const HttpField&) const = default;
};

/// An HTTP/1.1 request with all of its body. A value.
struct HttpRequest {
  std::string method;  // "GET"
  std::string path;    // "/batches": percent-decoded, without the query
  std::vector<HttpField> query;
  std::vector<HttpField> fields;  // as they came, in their order
  std::string body;  // without its transfer coding; a handler has it without its content coding, too
  std::string peer;  // "ipv4:127.0.0.1:40000"

  /// The first of that name in the query.
  std::optional<std::string_view> query_value(std::string_view name) const;
  /// The first header field of that name, whatever its case.
  std::optional<std::string_view> field(std::string_view name) const;
};

/// What a handler answers. Content-Length, Date, Server and Connection are the connection's business.
struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<HttpField> fields = {};
  std::string body = {};
};

/// Splits a request target ("/a%20b?x=1&y") into path and query; nothing for one that is no path or whose
/// escapes are wrong.
struct HttpTarget {
  std::string path;
  std::vector<HttpField> query;
};
std::optional<HttpTarget> parse_target(std::string_view target);

}  // namespace parlance::edge
