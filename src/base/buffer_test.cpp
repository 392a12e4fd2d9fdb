#include "base/buffer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/slab.h"

namespace parlance {
namespace {

TEST(Buffer, AnEmptyOneOwnsNothing) {
  for (const Buffer& buffer : {Buffer{}, Buffer::allocate(0), Buffer::copy_of({}), Buffer::adopt("")}) {
    EXPECT_TRUE(buffer.empty());
    EXPECT_EQ(buffer.size(), 0U);
    EXPECT_EQ(buffer.data(), nullptr);
    EXPECT_EQ(buffer.text(), "");
  }
}

TEST(Buffer, AFreshOneIsFilledInPlace) {
  Buffer buffer = Buffer::allocate(3);
  std::ranges::copy(as_bytes("abc"), buffer.writable().begin());
  EXPECT_EQ(buffer.text(), "abc");
}

TEST(Buffer, ACopyOfBytesIsItsOwnMemory) {
  std::string source = "abc";
  const Buffer buffer = Buffer::copy_of(as_bytes(source));
  source[0] = 'x';
  EXPECT_EQ(buffer.text(), "abc");
}

TEST(Buffer, AdoptingAStringMovesNoBytes) {
  std::string text(1000, 'a');  // longer than any small-string buffer
  const void* memory = text.data();
  const Buffer buffer = Buffer::adopt(std::move(text));
  EXPECT_EQ(static_cast<const void*>(buffer.data()), memory);
  EXPECT_EQ(buffer.size(), 1000U);
}

TEST(Buffer, AdoptingAShortStringKeepsItsText) { EXPECT_EQ(Buffer::adopt("abc").text(), "abc"); }

TEST(Buffer, CopiesAndSlicesShareTheBytes) {
  const Buffer whole = Buffer::copy_of(as_bytes("hello world"));
  const Buffer copy = whole;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
  const Buffer part = whole.slice(6, 5);
  EXPECT_EQ(copy.data(), whole.data());
  EXPECT_EQ(part.data(), whole.data() + 6);
  EXPECT_EQ(part.text(), "world");
  EXPECT_EQ(part.slice(1, 3).text(), "orl");
}

TEST(Buffer, ASliceOutlivesTheWhole) {
  Buffer part;
  {
    const Buffer whole = Buffer::adopt(std::string(100, 'a') + "tail");
    part = whole.slice(100, 4);
  }
  EXPECT_EQ(part.text(), "tail");
}

TEST(Buffer, MovingLeavesNothingBehind) {
  Buffer from = Buffer::copy_of(as_bytes("abc"));
  const Buffer to = std::move(from);
  EXPECT_EQ(to.text(), "abc");
  EXPECT_TRUE(from.empty());  // NOLINT(bugprone-use-after-move): what is tested
}

TEST(Buffer, AssigningItselfKeepsTheBytes) {
  Buffer buffer = Buffer::copy_of(as_bytes("abc"));
  const Buffer& same = buffer;
  buffer = same;
  EXPECT_EQ(buffer.text(), "abc");
}

TEST(Buffer, APrefixIsDroppedFromViewOnly) {
  Buffer buffer = Buffer::copy_of(as_bytes("abcdef"));
  const Buffer whole = buffer;
  buffer.remove_prefix(2);
  EXPECT_EQ(buffer.text(), "cdef");
  buffer.remove_prefix(4);
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(whole.text(), "abcdef");
}

TEST(Buffer, IsWritableAgainOnceNobodyShares) {
  Buffer buffer = Buffer::copy_of(as_bytes("abc"));
  {
    const auto shared = std::make_unique<Buffer>(buffer);
  }
  buffer.writable()[0] = std::byte{'x'};
  EXPECT_EQ(buffer.text(), "xbc");
}

TEST(BufferDeathTest, WritingSharedBytesBreaksTheContract) {
  Buffer buffer = Buffer::copy_of(as_bytes("abc"));
  const Buffer shared = buffer;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
  EXPECT_DEATH((void)buffer.writable(), "the bytes are shared");
}

TEST(BufferDeathTest, LeavingTheBufferBreaksTheContract) {
  Buffer buffer = Buffer::copy_of(as_bytes("abc"));
  EXPECT_DEATH((void)buffer.slice(1, 3), "out of range");
  EXPECT_DEATH((void)buffer.slice(4, 0), "out of range");
  EXPECT_DEATH((void)buffer.slice(1, ~std::size_t{0}), "out of range");
  EXPECT_DEATH(buffer.remove_prefix(4), "out of range");
}

TEST(Buffer, SlicesAreDroppedOnAnyThread) {
  Buffer whole = Buffer::adopt(std::string(Slab::kLargestBytes, 'a'));
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([part = whole.slice(static_cast<std::size_t>(thread), 100)] {
      for (int round = 0; round < 1000; ++round) {
        const Buffer copy = part;  // NOLINT(performance-unnecessary-copy-initialization): what is tested
        ASSERT_EQ(copy.slice(10, 10).text(), "aaaaaaaaaa");
      }
    });
  }
  whole = {};
}

}  // namespace
}  // namespace parlance
