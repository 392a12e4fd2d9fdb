#include "base/bytes.h"

#include <gtest/gtest.h>

#include <array>

namespace parlance {
namespace {

TEST(Bytes, LoadsReadNetworkOrder) {
  const Bytes bytes = as_bytes("\x01\x02\x03\x04\x05\x06\x07\xf8");
  EXPECT_EQ(load_be16(bytes.data()), 0x0102);
  EXPECT_EQ(load_be24(bytes.data()), 0x010203U);
  EXPECT_EQ(load_be32(bytes.data()), 0x01020304U);
  EXPECT_EQ(load_be64(bytes.data()), 0x01020304050607f8U);
}

TEST(Bytes, LoadsNeedNoAlignment) {
  const Bytes bytes = as_bytes("\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7");
  EXPECT_EQ(load_be32(bytes.data() + 1), 0xfefdfcfbU);
  EXPECT_EQ(load_be64(bytes.data() + 1), 0xfefdfcfbfaf9f8f7U);
}

TEST(Bytes, StoresWriteWhatLoadsRead) {
  std::array<std::byte, 8> memory{};
  store_be16(memory.data(), 0xa1b2);
  EXPECT_EQ(load_be16(memory.data()), 0xa1b2);
  store_be24(memory.data(), 0xa1b2c3);
  EXPECT_EQ(load_be24(memory.data()), 0xa1b2c3U);
  store_be32(memory.data(), 0xa1b2c3d4);
  EXPECT_EQ(load_be32(memory.data()), 0xa1b2c3d4U);
  store_be64(memory.data(), 0xa1b2c3d4e5f60718);
  EXPECT_EQ(load_be64(memory.data()), 0xa1b2c3d4e5f60718U);
}

TEST(Bytes, StoringThreeBytesLeavesTheFourthAlone) {
  std::array<std::byte, 4> memory{};
  memory[3] = std::byte{0x55};
  store_be24(memory.data(), 0xffffff);
  EXPECT_EQ(memory[3], std::byte{0x55});
}

TEST(Bytes, TextAndBytesAreTheSameMemory) {
  const std::string_view text{"a\0b", 3};
  EXPECT_EQ(as_bytes(text).size(), 3U);
  EXPECT_EQ(as_text(as_bytes(text)), text);
  EXPECT_EQ(as_text(as_bytes(text)).data(), text.data());
}

}  // namespace
}  // namespace parlance
