#include "http2/huffman.h"

#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "http2/hpack_test_support.h"
#include "http2/huffman_code.h"

namespace parlance::http2 {
namespace {

using test::octets;

std::vector<std::byte> huffman_encoded(std::string_view text) {
  std::vector<std::byte> result(huffman_size(text));
  EXPECT_EQ(huffman_encode(text, result.data()), result.data() + result.size());
  return result;
}

std::expected<std::string, HpackError> decoded(Bytes coded) {
  std::string text(huffman_max_decoded_bytes(coded.size()), '\0');
  const auto size_bytes = huffman_decode(coded, text.data());
  if (!size_bytes) return std::unexpected(size_bytes.error());
  text.resize(*size_bytes);
  return text;
}

// RFC 7541 appendix B, some rows from each part of it.
TEST(HuffmanCode, IsThatOfAppendixB) {
  EXPECT_EQ(HuffmanCode::kCodes[0], 0x1ff8u);
  EXPECT_EQ(HuffmanCode::kCodes[' '], 0x14u);
  EXPECT_EQ(HuffmanCode::kCodes['0'], 0x0u);
  EXPECT_EQ(HuffmanCode::kCodes['<'], 0x7ffcu);
  EXPECT_EQ(HuffmanCode::kCodes['X'], 0xfcu);
  EXPECT_EQ(HuffmanCode::kCodes['\\'], 0x7fff0u);
  EXPECT_EQ(HuffmanCode::kCodes['~'], 0x1ffdu);
  EXPECT_EQ(HuffmanCode::kCodes[128], 0xfffe6u);
  EXPECT_EQ(HuffmanCode::kCodes[199], 0x1ffffecu);
  EXPECT_EQ(HuffmanCode::kCodes[255], 0x3ffffeeu);
  EXPECT_EQ(HuffmanCode::kCodes[HuffmanCode::kEos], 0x3fffffffu);
}

// The strings of RFC 7541 sections C.4.1, C.4.2, C.4.3 and C.6.1 to C.6.3.
TEST(Huffman, CodesTheStringsOfAppendixC) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"www.example.com", "f1e3 c2e5 f23a 6ba0 ab90 f4ff"},
      {"no-cache", "a8eb 1064 9cbf"},
      {"custom-key", "25a8 49e9 5ba9 7d7f"},
      {"custom-value", "25a8 49e9 5bb8 e8b4 bf"},
      {"302", "6402"},
      {"private", "aec3 771a 4b"},
      {"Mon, 21 Oct 2013 20:13:21 GMT", "d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff"},
      {"https://www.example.com", "9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3"},
      {"307", "640e ff"},
      {"gzip", "9bd9 ab"},
      {"foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
       "94e7 821d d7f2 e6c7 b335 dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 "
       "b106 3d50 07"},
  };
  for (const auto& [text, hex] : cases) {
    EXPECT_EQ(huffman_encoded(text), octets(hex)) << text;
    EXPECT_EQ(decoded(octets(hex)), std::string{text});
  }
}

TEST(Huffman, EveryPairOfOctetsComesBack) {
  for (int first = 0; first < 256; ++first)
    for (int second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      ASSERT_EQ(decoded(huffman_encoded(text)), text) << first << ' ' << second;
    }
}

TEST(Huffman, RandomStringsOfAllLengthsComeBack) {
  std::mt19937 random{20240611};
  for (std::size_t length = 0; length < 300; ++length) {
    std::string text(length, ' ');
    for (char& c : text) c = static_cast<char>(random() % (length % 2 == 0 ? 256 : 128));
    ASSERT_EQ(decoded(huffman_encoded(text)), text) << length;
  }
}

TEST(Huffman, NothingIsTheEmptyString) { EXPECT_EQ(decoded({}), ""); }

// RFC 7541 section 5.2: padding is a prefix of EOS, at most 7 bits.
TEST(Huffman, PaddingMustBeOnesAndShort) {
  EXPECT_EQ(decoded(octets("1f")), "a");                                                 // 00011 + 111
  EXPECT_EQ(decoded(octets("18")), std::unexpected(HpackError::kHuffmanPadding));        // 00011 + 000
  EXPECT_EQ(decoded(octets("1e")), std::unexpected(HpackError::kHuffmanPadding));        // 00011 + 110
  EXPECT_EQ(decoded(octets("1fff")), std::unexpected(HpackError::kHuffmanPadding));      // 11 bits
  EXPECT_EQ(decoded(octets("ff")), std::unexpected(HpackError::kHuffmanPadding));        // 8 bits
  EXPECT_EQ(decoded(octets("ffffff")), std::unexpected(HpackError::kHuffmanPadding));    // 24 bits
  EXPECT_EQ(decoded(octets("fffffff0")), std::unexpected(HpackError::kHuffmanPadding));  // cut inside a code
}

// RFC 7541 section 5.2: "A Huffman-encoded string literal containing the EOS symbol MUST be treated as a
// decoding error."
TEST(Huffman, EosIsAnError) {
  EXPECT_EQ(decoded(octets("ffffffff")), std::unexpected(HpackError::kHuffmanEos));
  EXPECT_EQ(decoded(octets("1fffffffff")), std::unexpected(HpackError::kHuffmanEos));
  EXPECT_EQ(decoded(octets("1fffffffe0 0000 0000 0000 0000")), std::unexpected(HpackError::kHuffmanEos));
}

}  // namespace
}  // namespace parlance::http2
