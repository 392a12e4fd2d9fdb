#include "rpc/request_head.h"

#include <optional>

#include "grpc/content_type.h"
#include "grpc/error_details.h"
#include "grpc/timeout.h"
#include "rpc/server_connection.h"

namespace parlance::detail {
namespace {

Status bad_timeout(std::string_view value) {
  const grpc::BadRequest details{
      {{.field = "grpc-timeout", .description = "must be 1 to 8 digits and one of H M S m u n"}}};
  return grpc::make_error(
             StatusCode::kInternal, "BAD_TIMEOUT",
             "grpc-timeout '" + std::string{value} + "' is not 1 to 8 digits and one of H M S m u n",
             {{"hop", "server"}, {"observed", std::string{value}}, {"knob", "grpc-timeout"}})
      .with_detail(grpc::to_detail(details));
}

Status unsupported_encoding(std::string_view encoding) {
  return grpc::make_error(StatusCode::kUnimplemented, "UNSUPPORTED_REQUEST_ENCODING",
                          "messages compressed with '" + std::string{encoding} +
                              "' are not supported; grpc-accept-encoding lists what is",
                          {{"hop", "server"},
                           {"limit", std::string{grpc::kAcceptEncoding}},
                           {"observed", std::string{encoding}},
                           {"knob", "CallOptions::compression"}});
}

Status unsupported_codec(std::string_view content_type) {
  return grpc::make_error(
      StatusCode::kUnimplemented, "CODEC_NOT_SUPPORTED",
      "the messages are '" + std::string{content_type} + "'; this server takes Protobuf",
      {{"hop", "server"}, {"observed", std::string{content_type}}, {"knob", "content-type"}});
}

class HeadReader {
 public:
  HeadReader(RequestHead& head, ServerConnection& connection) : head_(head), connection_(connection) {}

  void read(http2::HeaderFields fields) {
    head_.plain_http = PlainHttp::of(fields);
    if (head_.plain_http) return;
    for (const http2::HeaderField& field : fields) read_field(field);
    if (has_metadata_) read_metadata(fields);
  }

 private:
  void read_field(const http2::HeaderField& field) {
    using enum http2::HeaderToken;
    switch (field.token) {
      case kPath:
        return read_path(field);
      case kAuthority:
        head_.authority = field.value;
        return;
      case kGrpcTimeout:
        return read_timeout(field.value);
      case kGrpcEncoding:
        return read_encoding(field.value);
      case kContentType:
        if (grpc::parse_content_type(field.value) != grpc::ContentType::kProto) {
          fail(unsupported_codec(field.value));
        }
        return;
      case kGrpcAcceptEncoding:
        head_.accepted_encodings = grpc::accepted_encodings(field.value);
        has_metadata_ = true;
        return;
      case kOther:
      case kUserAgent:
        has_metadata_ = true;
        return;
      default:
        return;
    }
  }

  void read_path(const http2::HeaderField& field) {
    head_.method = connection_.route(field);
    if (head_.method != nullptr) return;
    head_.path = field.value;
    fail(connection_.server_loop().routes().unknown(field.value));
  }

  void read_timeout(std::string_view value) {
    head_.timeout = grpc::parse_timeout(value);
    if (!head_.timeout) fail(bad_timeout(value));
  }

  void read_encoding(std::string_view value) {
    if (const std::optional<grpc::Encoding> encoding = grpc::parse_encoding(value)) {
      head_.encoding = *encoding;
    } else {
      head_.encoding_unsupported = head_.error.ok();
      fail(unsupported_encoding(value));
    }
  }

  void read_metadata(http2::HeaderFields fields) {
    Result<grpc::Metadata> metadata = grpc::Metadata::from_fields(fields);
    if (metadata) {
      head_.metadata = *std::move(metadata);
      head_.wants_hops = head_.metadata.get(ServerCall::kHopsName).has_value();
    } else {
      fail(std::move(metadata.error()));
    }
  }

  void fail(Status status) {
    if (head_.error.ok()) head_.error = std::move(status);
  }

  RequestHead& head_;
  ServerConnection& connection_;
  bool has_metadata_ = false;
};

}  // namespace

SharedRequestHead read_request_head(http2::HeaderFields fields, ServerConnection& connection) {
  const auto head = std::allocate_shared<RequestHead>(SlabAllocator<RequestHead>{});
  HeadReader{*head, connection}.read(fields);
  return head;
}

}  // namespace parlance::detail
