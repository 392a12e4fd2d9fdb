#include "rpc/plain_http.h"

#include <algorithm>
#include <string>

#include "base/version.h"
#include "grpc/content_type.h"
#include "grpc/header_list.h"

namespace parlance::detail {

PlainHttp PlainHttp::of(http2::HeaderFields fields) {
  PlainHttp plain;
  const int status = grpc::http_status_for_request(fields);
  if (status == 200) return plain;
  const auto method = std::ranges::find(fields, http2::HeaderToken::kMethod, &http2::HeaderField::token);
  const std::string_view name = method != fields.end() ? method->value : std::string_view{};
  plain.head_ = name == "HEAD";
  plain.status_ = plain.head_ || name == "GET" ? 200 : status;
  return plain;
}

void PlainHttp::answer(http2::Connection& connection, http2::StreamId stream) const {
  const std::string text =
      status_ == 200 ? "This is a gRPC server (parlance " + std::string{kVersion} + ").\n"
                     : "This is a gRPC server: it answers POST with content-type application/grpc.\n";
  const std::string status = std::to_string(status_);
  grpc::HeaderList fields;
  fields.add(":status", status, http2::HeaderToken::kStatus);
  fields.add("content-type", "text/plain; charset=utf-8", http2::HeaderToken::kContentType);
  connection.send_headers(stream, fields.fields(), head_);
  if (!head_) connection.send_data(stream, Buffer::copy_of(as_bytes(text)), true);
}

}  // namespace parlance::detail
