#include "grpc/compression.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "grpc/error_details.h"

namespace parlance::grpc {
namespace {

constexpr std::size_t kLimit = 4 * 1024 * 1024;

class Compression : public ::testing::TestWithParam<Encoding> {};

TEST_P(Compression, GivesBackWhatWasCompressed) {
  std::mt19937 random{7};
  std::string noise(100'000, '\0');
  for (char& byte : noise) byte = static_cast<char>(random());
  for (const std::string& message : {std::string{}, std::string{"a"}, std::string(300'000, 'x'), noise}) {
    const Buffer compressed = compress(GetParam(), as_bytes(message));
    const Result<Buffer> back = decompress(GetParam(), compressed.bytes(), kLimit);
    ASSERT_TRUE(back) << back.error().to_string();
    EXPECT_EQ(back->text(), message);
  }
}

TEST_P(Compression, MakesRepetitiveMessagesSmall) {
  const std::string message(300'000, 'x');
  EXPECT_LT(compress(GetParam(), as_bytes(message)).size(), 1000U);
}

TEST_P(Compression, TakesAMessageOfExactlyTheLimitAndNoneBeyond) {
  const std::string message(1000, 'x');
  const Buffer compressed = compress(GetParam(), as_bytes(message));
  EXPECT_TRUE(decompress(GetParam(), compressed.bytes(), 1000));
  const Result<Buffer> over = decompress(GetParam(), compressed.bytes(), 999);
  ASSERT_FALSE(over);
  EXPECT_EQ(over.error().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(error_info(over.error())->reason, "DECOMPRESSED_TOO_LARGE");
  EXPECT_EQ(error_info(over.error())->get("limit"), "999");
}

TEST_P(Compression, StopsABombAtTheLimit) {
  const Buffer bomb = compress(GetParam(), as_bytes(std::string(64 * 1024 * 1024, '\0')));
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(decompress(GetParam(), bomb.bytes(), kLimit).error().code(), StatusCode::kResourceExhausted);
}

TEST_P(Compression, RefusesWhatIsCutOffDamagedOrFollowedByMore) {
  const Buffer good = compress(GetParam(), as_bytes("a message that is long enough to be damaged somewhere"));
  const auto expect_refused = [](const std::string& bytes) {
    const Result<Buffer> result = decompress(GetParam(), as_bytes(bytes), kLimit);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code(), StatusCode::kInternal);
    EXPECT_EQ(error_info(result.error())->reason, "MESSAGE_NOT_DECOMPRESSIBLE");
  };
  const std::string text{good.text()};
  for (std::size_t size = 0; size < text.size(); ++size) expect_refused(text.substr(0, size));
  expect_refused(text + "x");
  expect_refused("?" + text);
}

INSTANTIATE_TEST_SUITE_P(EachEncoding, Compression,
                         ::testing::Values(Encoding::kGzip, Encoding::kDeflate, Encoding::kZstd),
                         [](const auto& encoding) { return std::string{to_string(encoding.param)}; });

TEST(Encoding, IsKnownByItsGrpcName) {
  for (const Encoding encoding :
       {Encoding::kIdentity, Encoding::kGzip, Encoding::kDeflate, Encoding::kZstd}) {
    EXPECT_EQ(parse_encoding(to_string(encoding)), encoding);
    EXPECT_TRUE(accepts(kAcceptEncoding, encoding));
  }
  EXPECT_EQ(parse_encoding("br"), std::nullopt);
  EXPECT_EQ(parse_encoding("Gzip"), std::nullopt);
}

TEST(Encoding, IsFoundInAPeersListWithAndWithoutBlanks) {
  EXPECT_TRUE(accepts("identity, deflate, gzip", Encoding::kGzip));
  EXPECT_TRUE(accepts("gzip", Encoding::kGzip));
  EXPECT_FALSE(accepts("xgzip,gzipx", Encoding::kGzip));
  EXPECT_FALSE(accepts("", Encoding::kZstd));
  EXPECT_TRUE(accepts("", Encoding::kIdentity));
}

}  // namespace
}  // namespace parlance::grpc
