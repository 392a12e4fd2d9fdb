#include "wire/encoding.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace parlance::wire {
namespace {

enum class Color : std::int32_t { kRed = 0, kBlue = -2 };

template <typename Encoding>
std::string written(typename Encoding::Value value) {
  std::byte bytes[16];
  std::byte* const end = bytes + sizeof bytes;
  const std::byte* const begin = Encoding::put(end, value);
  EXPECT_EQ(static_cast<std::size_t>(end - begin), Encoding::size(value));
  return std::string{as_text({begin, static_cast<const std::byte*>(end)})};
}

template <typename Encoding>
typename Encoding::Value read(std::string_view text) {
  const Bytes bytes = as_bytes(text);
  Context context;
  typename Encoding::Value value{};
  EXPECT_EQ(Encoding::read(bytes.data(), bytes.data() + bytes.size(), value, context),
            bytes.data() + bytes.size());
  return value;
}

// The bytes are those of the protobuf documentation's tables of encodings.
template <typename Encoding>
void expect_bytes(typename Encoding::Value value, std::string_view bytes) {
  EXPECT_EQ(written<Encoding>(value), bytes);
  EXPECT_EQ(read<Encoding>(bytes), value);
}

TEST(Varint, TakesAsManyBytesAsItNeeds) {
  expect_bytes<Varint<std::uint32_t>>(0, std::string_view{"\0", 1});
  expect_bytes<Varint<std::uint32_t>>(127, "\x7f");
  expect_bytes<Varint<std::uint32_t>>(150, "\x96\x01");
  expect_bytes<Varint<std::uint32_t>>(0xFFFF'FFFF, "\xff\xff\xff\xff\x0f");
  expect_bytes<Varint<std::uint64_t>>(~std::uint64_t{0}, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  for (unsigned bits = 0; bits < 64; ++bits) {
    const std::uint64_t value = std::uint64_t{1} << bits;
    EXPECT_EQ(varint_bytes(value), bits / 7 + 1);
    EXPECT_EQ(read<Varint<std::uint64_t>>(written<Varint<std::uint64_t>>(value)), value);
  }
}

TEST(Varint, ExtendsTheSignOfNegativeNumbers) {
  expect_bytes<Varint<std::int32_t>>(-2, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  expect_bytes<Varint<std::int64_t>>(-2, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  expect_bytes<Varint<Color>>(Color::kBlue, "\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Varint, DropsTheBitsThatItsTypeDoesNotHave) {
  EXPECT_EQ(read<Varint<std::uint32_t>>("\xff\xff\xff\xff\x7f"), 0xFFFF'FFFFU);
  EXPECT_EQ(read<Varint<std::int32_t>>("\xff\xff\xff\xff\x0f"), -1);
  EXPECT_EQ(read<Varint<std::uint64_t>>("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x7e"), 1U);
}

TEST(Varint, IsTrueUnlessItIsZero) {
  EXPECT_TRUE(read<Varint<bool>>("\x80\x80\x80\x80\x80\x01"));
  EXPECT_FALSE(read<Varint<bool>>(std::string_view{"\x80\x80\0", 3}));
  EXPECT_EQ(written<Varint<bool>>(true), "\x01");
}

TEST(Varint, OfAnEnumTakesNumbersWithoutAName) {
  EXPECT_EQ(read<Varint<Color>>("\x07"), static_cast<Color>(7));
}

TEST(Varint, OfMoreThanTenBytesIsRefused) {
  const std::string bytes(11, '\x80');
  Context context;
  std::uint64_t value = 0;
  const Bytes eleven = as_bytes(bytes);
  EXPECT_EQ(Varint<std::uint64_t>::read(eleven.data(), eleven.data() + eleven.size(), value, context),
            nullptr);
  EXPECT_STREQ(context.fault.why, "is a number that does not end");
}

TEST(Zigzag, IsShortForSmallNumbersOfEitherSign) {
  expect_bytes<Zigzag<std::int32_t>>(0, std::string_view{"\0", 1});
  expect_bytes<Zigzag<std::int32_t>>(-1, "\x01");
  expect_bytes<Zigzag<std::int32_t>>(1, "\x02");
  expect_bytes<Zigzag<std::int32_t>>(std::numeric_limits<std::int32_t>::max(), "\xfe\xff\xff\xff\x0f");
  expect_bytes<Zigzag<std::int32_t>>(std::numeric_limits<std::int32_t>::min(), "\xff\xff\xff\xff\x0f");
  expect_bytes<Zigzag<std::int64_t>>(std::numeric_limits<std::int64_t>::min(),
                                     "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
}

TEST(Fixed, IsLittleEndian) {
  expect_bytes<Fixed<std::uint32_t>>(0x01020304, "\x04\x03\x02\x01");
  expect_bytes<Fixed<float>>(0.5F, std::string_view{"\0\0\0\x3f", 4});
  expect_bytes<Fixed<std::int64_t>>(-1, "\xff\xff\xff\xff\xff\xff\xff\xff");
}

TEST(Fixed, IsZeroByItsBits) {
  EXPECT_TRUE(Fixed<double>::is_zero(0.0));
  EXPECT_FALSE(Fixed<double>::is_zero(-0.0));
  EXPECT_FALSE(Fixed<float>::is_zero(-0.0F));
}

TEST(Fixed, ThatIsCutOffIsRefused) {
  Context context;
  float value = 0;
  const Bytes three = as_bytes("abc");
  EXPECT_EQ(Fixed<float>::read(three.data(), three.data() + three.size(), value, context), nullptr);
  EXPECT_STREQ(context.fault.why, "is cut off");
}

}  // namespace
}  // namespace parlance::wire
