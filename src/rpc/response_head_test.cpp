#include "rpc/response_head.h"

#include <array>

#include <gtest/gtest.h>

namespace parlance::detail {
namespace {

using http2::HeaderField;
using http2::HeaderToken;

constexpr HeaderField kOk{":status", "200", HeaderToken::kStatus};
constexpr HeaderField kGrpc{"content-type", "application/grpc", HeaderToken::kContentType};

TEST(ResponseHead, SaysEncodingMetadataAndPeer) {
  const std::array fields{kOk, kGrpc, HeaderField{"grpc-encoding", "gzip", HeaderToken::kGrpcEncoding},
                          HeaderField{"x-model", "resnet50"}};
  const SharedResponseHead head = read_response_head(fields, "ipv4:10.0.0.1:50051");
  EXPECT_TRUE(head->error.ok());
  EXPECT_EQ(head->http_status, 200);
  EXPECT_EQ(head->encoding, grpc::Encoding::kGzip);
  EXPECT_EQ(head->metadata.get("x-model"), "resnet50");
  EXPECT_EQ(head->peer, "ipv4:10.0.0.1:50051");
}

TEST(ResponseHead, OfAnythingButGrpcIsAnError) {
  const std::array not_found{HeaderField{":status", "404", HeaderToken::kStatus}, kGrpc};
  EXPECT_EQ(read_response_head(not_found, {})->error.code(), StatusCode::kUnimplemented);
  const std::array html{kOk, HeaderField{"content-type", "text/html", HeaderToken::kContentType}};
  EXPECT_EQ(read_response_head(html, {})->error.code(), StatusCode::kUnknown);
  const std::array unknown{kOk, kGrpc, HeaderField{"grpc-encoding", "lzma", HeaderToken::kGrpcEncoding}};
  EXPECT_EQ(read_response_head(unknown, {})->error.code(), StatusCode::kInternal);
}

TEST(RememberedResponses, AHeadIsReadOnceForItsSection) {
  RememberedResponses responses{"peer"};
  const std::array fields{kOk, kGrpc};
  const SharedResponseHead first = responses.head(1, fields);
  EXPECT_EQ(responses.head(1, fields), first);
  EXPECT_NE(responses.head(2, fields), first);
  EXPECT_EQ(responses.head(1, fields), first);
}

TEST(RememberedResponses, ANewerSectionTakesThePlaceOfAnOlderOne) {
  RememberedResponses responses{"peer"};
  const std::array grpc{kOk, kGrpc};
  const std::array http{HeaderField{":status", "503", HeaderToken::kStatus}, kGrpc};
  for (std::uint64_t id = 1; id <= 100; ++id) {
    EXPECT_EQ(responses.head(id, id % 2 == 0 ? http : grpc)->error.ok(), id % 2 != 0);
  }
}

TEST(RememberedResponses, OnlyTrailersThatWereRememberedArePlainlyOk) {
  RememberedResponses responses{"peer"};
  EXPECT_FALSE(responses.is_plain_ok(3));
  responses.remember_plain_ok(3);
  EXPECT_TRUE(responses.is_plain_ok(3));
  EXPECT_FALSE(responses.is_plain_ok(3 + 8));
}

}  // namespace
}  // namespace parlance::detail
