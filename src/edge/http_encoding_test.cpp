#include "edge/http_encoding.h"

#include <gtest/gtest.h>

#include "edge/http_status.h"
#include "grpc/compression.h"
#include "grpc/error_details.h"

namespace parlance::edge {
namespace {

HttpRequest encoded(std::string coding, std::string_view body) {
  return {.method = "POST",
          .path = "/",
          .query = {},
          .fields = {{"Content-Encoding", std::move(coding)}},
          .body = std::string{body},
          .peer = {}};
}

TEST(HttpEncoding, ABodyIsReadInEachCoding) {
  for (const auto encoding : {grpc::Encoding::kGzip, grpc::Encoding::kDeflate, grpc::Encoding::kZstd}) {
    const Buffer bytes = grpc::compress(encoding, as_bytes("hello hello"));
    HttpRequest request = encoded(std::string{grpc::to_string(encoding)}, bytes.text());
    EXPECT_TRUE(decode_body(request, 11).ok());
    EXPECT_EQ(request.body, "hello hello");
  }
  HttpRequest plain = encoded("identity", "as it is");
  EXPECT_TRUE(decode_body(plain, 100).ok());
  EXPECT_EQ(plain.body, "as it is");
}

TEST(HttpEncoding, WhatCannotBeReadHasItsStatus) {
  HttpRequest unknown = encoded("br", "x");
  EXPECT_EQ(http_status_of(decode_body(unknown, 100)), 415U);
  HttpRequest damaged = encoded("gzip", "x");
  EXPECT_EQ(http_status_of(decode_body(damaged, 100)), 400U);
  HttpRequest large =
      encoded("gzip", grpc::compress(grpc::Encoding::kGzip, as_bytes(std::string(1000, 'a'))).text());
  EXPECT_EQ(http_status_of(decode_body(large, 999)), 413U);
}

TEST(HttpEncoding, AnAnswerIsCompressedForAClientThatNamesOneCoding) {
  HttpRequest request = encoded("identity", "");
  HttpResponse response{.body = "hello hello"};
  encode_body(request, response);
  EXPECT_EQ(response.body, "hello hello");
  request.fields.push_back({"Accept-Encoding", "gzip, deflate"});
  encode_body(request, response);
  EXPECT_EQ(response.body, "hello hello");
  request.fields.back().value = "deflate";
  encode_body(request, response);
  ASSERT_EQ(response.fields.size(), 2U);
  EXPECT_EQ(response.fields[0], (HttpField{"Content-Encoding", "deflate"}));
  EXPECT_EQ(grpc::decompress(grpc::Encoding::kDeflate, as_bytes(response.body), 100)->text(), "hello hello");
}

}  // namespace
}  // namespace parlance::edge
