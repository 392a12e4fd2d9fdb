#include "http2/hpack_reader.h"

#include <gtest/gtest.h>

#include "http2/hpack_integer.h"
#include "http2/hpack_test_support.h"

namespace parlance::http2 {
namespace {

using test::octets;

std::expected<std::uint32_t, HpackError> integer(std::string_view hex, unsigned prefix_bits) {
  const std::vector<std::byte> block = octets(hex);
  return HpackReader{block}.integer(prefix_bits);
}

std::vector<std::byte> encoded_integer(std::uint32_t value, unsigned prefix_bits) {
  std::byte room[kMaxIntegerBytes];
  return {room, encode_integer(room, 0, prefix_bits, value)};
}

// RFC 7541 section C.1.
TEST(HpackInteger, ExamplesOfSectionC1) {
  EXPECT_EQ(encoded_integer(10, 5), octets("0a"));        // C.1.1
  EXPECT_EQ(encoded_integer(1337, 5), octets("1f9a0a"));  // C.1.2
  EXPECT_EQ(encoded_integer(42, 8), octets("2a"));        // C.1.3
  EXPECT_EQ(integer("0a", 5), 10u);
  EXPECT_EQ(integer("1f9a0a", 5), 1337u);
  EXPECT_EQ(integer("2a", 8), 42u);
}

TEST(HpackInteger, ComesBackWithEveryPrefixAndIgnoresTheBitsBeforeIt) {
  for (unsigned prefix_bits = 4; prefix_bits <= 8; ++prefix_bits)
    for (const std::uint32_t value : {0u, 1u, 14u, 15u, 16u, 30u, 31u, 127u, 128u, 254u, 255u, 256u, 16383u,
                                      1u << 21, UINT32_MAX - 255, UINT32_MAX}) {
      std::byte room[kMaxIntegerBytes];
      const auto flags = static_cast<std::uint8_t>(0xff << prefix_bits);
      std::byte* end = encode_integer(room, flags, prefix_bits, value);
      HpackReader in{Bytes{room, end}};
      EXPECT_EQ(in.integer(prefix_bits), value);
      EXPECT_TRUE(in.at_end());
    }
}

// RFC 7541 section 5.1: "Integer encodings that exceed implementation limits -- in value or octet length --
// MUST be treated as decoding errors."
TEST(HpackInteger, TooLargeOrTooLongIsAnError) {
  EXPECT_EQ(integer("1fe0ffffff0f", 5), UINT32_MAX);
  EXPECT_EQ(integer("1fe1ffffff0f", 5), std::unexpected(HpackError::kIntegerTooLarge));
  EXPECT_EQ(integer("1fffffffff7f", 5), std::unexpected(HpackError::kIntegerTooLarge));
  EXPECT_EQ(integer("1fffffffffffffffffff7f", 5), std::unexpected(HpackError::kIntegerTooLarge));
  EXPECT_EQ(integer("1f8000", 5), 31u);  // one octet too many is allowed
  EXPECT_EQ(integer("1f808080808000", 5), std::unexpected(HpackError::kIntegerTooLarge));
}

TEST(HpackInteger, CutShortIsAnError) {
  for (const std::string_view hex : {"", "1f", "1f9a", "1fffffffff"})
    EXPECT_EQ(integer(hex, 5), std::unexpected(HpackError::kTruncated)) << hex;
}

TEST(HpackString, PlainIsAViewOfTheBlock) {
  const std::vector<std::byte> block = octets("03 616263 00");
  std::vector<char> scratch;
  HpackReader in{block};
  const auto text = in.string(scratch);
  EXPECT_EQ(text, "abc");
  EXPECT_EQ(static_cast<const void*>(text->data()), block.data() + 1);
  EXPECT_EQ(in.string(scratch), "");
  EXPECT_TRUE(scratch.empty());
  EXPECT_TRUE(in.at_end());
}

TEST(HpackString, LengthBeyondTheBlockIsAnError) {
  std::vector<char> scratch;
  for (const std::string_view hex : {"", "01", "036162", "83a8eb", "7f", "7fffffffff07 61"})
    EXPECT_EQ(HpackReader{octets(hex)}.string(scratch), std::unexpected(HpackError::kTruncated)) << hex;
}

}  // namespace
}  // namespace parlance::http2
