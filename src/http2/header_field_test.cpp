#include "http2/header_field.h"

#include <utility>

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

TEST(HeaderToken, EachNameHasItsOwn) {
  const std::pair<std::string_view, HeaderToken> cases[] = {
      {":authority", HeaderToken::kAuthority},
      {":method", HeaderToken::kMethod},
      {":path", HeaderToken::kPath},
      {":scheme", HeaderToken::kScheme},
      {":status", HeaderToken::kStatus},
      {":protocol", HeaderToken::kProtocol},
      {"connection", HeaderToken::kConnection},
      {"keep-alive", HeaderToken::kKeepAlive},
      {"proxy-connection", HeaderToken::kProxyConnection},
      {"transfer-encoding", HeaderToken::kTransferEncoding},
      {"upgrade", HeaderToken::kUpgrade},
      {"te", HeaderToken::kTe},
      {"content-type", HeaderToken::kContentType},
      {"content-length", HeaderToken::kContentLength},
      {"user-agent", HeaderToken::kUserAgent},
      {"grpc-timeout", HeaderToken::kGrpcTimeout},
      {"grpc-encoding", HeaderToken::kGrpcEncoding},
      {"grpc-accept-encoding", HeaderToken::kGrpcAcceptEncoding},
      {"grpc-status", HeaderToken::kGrpcStatus},
      {"grpc-message", HeaderToken::kGrpcMessage},
      {"grpc-status-details-bin", HeaderToken::kGrpcStatusDetailsBin},
  };
  for (const auto& [name, token] : cases) EXPECT_EQ(header_token(name), token) << name;
}

TEST(HeaderToken, OtherNamesHaveNone) {
  for (const std::string_view name :
       {"", "path", "Content-Type", "content-typf", "grpc-statuses", "x-custom"})
    EXPECT_EQ(header_token(name), HeaderToken::kOther) << name;
  for (const std::string_view name : {":", ":paths", ":pat", ":Method"})
    EXPECT_EQ(header_token(name), HeaderToken::kOtherPseudo) << name;
}

}  // namespace
}  // namespace parlance::http2
