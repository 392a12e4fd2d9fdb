#include "grpc/content_type.h"

#include <gtest/gtest.h>

#include <vector>

namespace parlance::grpc {
namespace {

using http2::HeaderField;
using http2::HeaderToken;

TEST(ContentType, NamesTheMessageFormat) {
  EXPECT_EQ(parse_content_type("application/grpc"), ContentType::kProto);
  EXPECT_EQ(parse_content_type("application/grpc+proto"), ContentType::kProto);
  EXPECT_EQ(parse_content_type("application/grpc;charset=utf-8"), ContentType::kProto);
  EXPECT_EQ(parse_content_type("application/grpc+proto ; x=y"), ContentType::kProto);
  EXPECT_EQ(parse_content_type("Application/gRPC+Proto"), ContentType::kProto);
  EXPECT_EQ(parse_content_type("application/grpc+json"), ContentType::kJson);
  EXPECT_EQ(parse_content_type("application/grpc+thrift"), ContentType::kOther);
}

TEST(ContentType, KnowsWhatIsNotGrpc) {
  for (std::string_view value :
       {"", "application/json", "application/grp", "application/grpcfoo", "application/grpc+",
        "application/grpc-web", "application/grpc-web+proto", "text/plain", " application/grpc"}) {
    EXPECT_EQ(parse_content_type(value), ContentType::kNotGrpc) << value;
  }
}

HeaderField method(std::string_view value) {
  return {.name = ":method", .value = value, .token = HeaderToken::kMethod};
}
HeaderField content_type(std::string_view value) {
  return {.name = "content-type", .value = value, .token = HeaderToken::kContentType};
}

TEST(RequestHttpStatus, IsTwoHundredForGrpc) {
  EXPECT_EQ(http_status_for_request(std::vector{method("POST"), content_type("application/grpc+proto")}),
            200);
}

TEST(RequestHttpStatus, IsUnsupportedMediaTypeForAnotherOrNoContentType) {
  EXPECT_EQ(http_status_for_request(std::vector{method("POST"), content_type("application/json")}), 415);
  EXPECT_EQ(http_status_for_request(std::vector{method("POST")}), 415);
}

TEST(RequestHttpStatus, IsMethodNotAllowedForAnythingButPost) {
  EXPECT_EQ(http_status_for_request(std::vector{method("GET"), content_type("application/grpc")}), 405);
}

}  // namespace
}  // namespace parlance::grpc
