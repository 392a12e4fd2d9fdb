#include "grpc/base64.h"

#include <gtest/gtest.h>

#include <random>

namespace parlance::grpc {
namespace {

struct Vector {
  std::string_view bytes;
  std::string_view padded;
};

// RFC 4648 section 10.
constexpr Vector kVectors[] = {{"", ""},
                               {"f", "Zg=="},
                               {"fo", "Zm8="},
                               {"foo", "Zm9v"},
                               {"foob", "Zm9vYg=="},
                               {"fooba", "Zm9vYmE="},
                               {"foobar", "Zm9vYmFy"}};

TEST(Base64, EncodesTheVectorsOfRfc4648WithoutPadding) {
  for (const auto& [bytes, padded] : kVectors) {
    EXPECT_EQ(base64_encode(bytes), padded.substr(0, padded.find('=')));
  }
}

TEST(Base64, DecodesPaddedAndUnpadded) {
  for (const auto& [bytes, padded] : kVectors) {
    EXPECT_EQ(base64_decode(padded), bytes);
    EXPECT_EQ(base64_decode(padded.substr(0, padded.find('='))), bytes);
  }
}

TEST(Base64, UsesTheStandardAlphabet) {
  EXPECT_EQ(base64_encode("\xfb\xff"), "+/8");
  EXPECT_EQ(base64_decode("-_8"), std::nullopt);
}

TEST(Base64, RefusesWhatNoBytesEncodeTo) {
  for (std::string_view text : {"A", "AAAAA", "Zg=", "Zg===", "=",
                                "====", "Zg==Zg==", "Zm9v=", "Z g=", "Zg\n", "Zm9v====", "Zm=v", "Zm9\xc3"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Base64, IgnoresBitsLeftOver) { EXPECT_EQ(base64_decode("Zh"), "f"); }

TEST(Base64, ComesBackAsItWas) {
  std::mt19937 random{11};
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string text = base64_encode(bytes);
    EXPECT_EQ(text.size(), base64_encoded_size(size));
    EXPECT_EQ(base64_decode(text), bytes);
  }
}

}  // namespace
}  // namespace parlance::grpc
