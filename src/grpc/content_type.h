#pragma once

#include <cstdint>
#include <string_view>

#include "http2/header_field.h"

namespace parlance::grpc {

/// What the `content-type` of a request or response says about its messages.
enum class ContentType : std::uint8_t {
  kNotGrpc,  // also application/grpc-web…, which is another protocol
  kProto,    // application/grpc, application/grpc+proto
  kJson,     // application/grpc+json
  kOther,    // application/grpc+ anything else
};

/// What a gRPC response carries as `content-type`, whatever the request's was spelt like.
inline constexpr std::string_view kContentType = "application/grpc";

/// Case does not matter; parameters after ';' are ignored.
ContentType parse_content_type(std::string_view value);

/// The HTTP status that a request gets before gRPC begins: 405 when the method is not POST, 415 when the
/// content-type is missing or not application/grpc…, else 200.
int http_status_for_request(http2::HeaderFields request);

}  // namespace parlance::grpc
