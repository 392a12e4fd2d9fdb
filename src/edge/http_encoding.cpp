#include "edge/http_encoding.h"

#include <string>
#include <string_view>

#include "base/concat.h"
#include "grpc/compression.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

constexpr std::string_view kKnown = "gzip, deflate, zstd";

Status not_supported(std::string_view coding) {
  return grpc::make_error(
      StatusCode::kInvalidArgument, "HTTP_ENCODING_NOT_SUPPORTED",
      concat("Content-Encoding '", coding, "' is not one of ", kKnown),
      {{"hop", "server"}, {"limit", std::string{kKnown}}, {"observed", std::string{coding}}});
}

Status damaged(std::string_view coding) {
  return grpc::make_error(StatusCode::kInvalidArgument, "HTTP_BAD_ENCODING",
                          concat("the body is not ", coding, ", which its Content-Encoding says"),
                          {{"hop", "server"}, {"observed", std::string{coding}}});
}

}  // namespace

Status decode_body(HttpRequest& request, std::size_t max_body_bytes) {
  const auto coding = request.field("content-encoding");
  if (!coding || coding->empty() || *coding == "identity") return {};
  const auto encoding = grpc::parse_encoding(*coding);
  if (!encoding) return not_supported(*coding);
  const Result<Buffer> body = grpc::decompress(*encoding, as_bytes(request.body), max_body_bytes);
  if (!body) return body.error().code() == StatusCode::kResourceExhausted ? body.error() : damaged(*coding);
  request.body = body->text();
  return {};
}

void encode_body(const HttpRequest& request, HttpResponse& response) {
  const auto wanted = request.field("accept-encoding");
  const auto encoding = wanted ? grpc::parse_encoding(*wanted) : std::nullopt;
  if (!encoding || *encoding == grpc::Encoding::kIdentity || response.body.empty()) return;
  response.body = grpc::compress(*encoding, as_bytes(response.body)).text();
  response.fields.push_back({"Content-Encoding", std::string{*wanted}});
  response.fields.push_back({"Vary", "Accept-Encoding"});
}

}  // namespace parlance::edge
