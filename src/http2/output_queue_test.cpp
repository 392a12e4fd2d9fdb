#include "http2/output_queue.h"

#include <array>
#include <cstring>
#include <random>
#include <string>

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

std::string take(OutputQueue& queue, std::size_t most_bytes) {
  std::array<iovec, 4> parts;
  std::string bytes;
  const std::size_t count = queue.gather(parts);
  for (std::size_t i = 0; i < count; ++i) {
    bytes.append(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
  }
  bytes.resize(std::min(bytes.size(), most_bytes));
  queue.wrote(bytes.size());
  return bytes;
}

TEST(OutputQueue, SmallPiecesShareOnePart) {
  OutputQueue queue;
  queue.append_copy(as_bytes("one "));
  queue.append(Buffer::copy_of(as_bytes("two ")));
  std::memcpy(queue.append(5), "three", 5);
  std::array<iovec, 4> parts;
  ASSERT_EQ(queue.gather(parts), 1U);
  EXPECT_EQ(take(queue, 100), "one two three");
  EXPECT_TRUE(queue.empty());
}

TEST(OutputQueue, LargeBuffersAreChainedAndNotCopied) {
  OutputQueue queue;
  const Buffer large = Buffer::adopt(std::string(OutputQueue::kChainFromBytes, 'L'));
  queue.append_copy(as_bytes("before"));
  queue.append(large);
  queue.append_copy(as_bytes("after"));
  std::array<iovec, 4> parts;
  ASSERT_EQ(queue.gather(parts), 3U);
  EXPECT_EQ(parts[1].iov_base, static_cast<const void*>(large.data()));
  EXPECT_EQ(take(queue, 10000), "before" + std::string(large.text()) + "after");
}

TEST(OutputQueue, GatheredMemoryHoldsWhileMoreIsAppended) {
  OutputQueue queue;
  queue.append_copy(as_bytes("first"));
  std::array<iovec, 1> parts;
  ASSERT_EQ(queue.gather(parts), 1U);
  queue.append_copy(as_bytes(std::string(100'000, 'x')));
  EXPECT_EQ(std::memcmp(parts[0].iov_base, "first", 5), 0);
  queue.wrote(5);
  EXPECT_EQ(queue.size_bytes(), 100'000U);
}

TEST(OutputQueue, CountsBlocksAndChainedBuffersUntilTheyAreWritten) {
  OutputQueue queue;
  EXPECT_EQ(queue.memory_bytes(), 0U);
  queue.append_copy(as_bytes("small"));
  EXPECT_EQ(queue.memory_bytes(), OutputQueue::kBlockBytes);
  queue.append(Buffer::copy_of(as_bytes("copied")));
  EXPECT_EQ(queue.memory_bytes(), OutputQueue::kBlockBytes);
  const Buffer large = Buffer::allocate(100'000);
  queue.append(large.slice(0, 50'000), 0);
  queue.append(large.slice(50'000, 50'000), large.memory_bytes());
  EXPECT_EQ(queue.memory_bytes(), OutputQueue::kBlockBytes + large.memory_bytes());
  queue.wrote(50'011);
  EXPECT_EQ(queue.memory_bytes(), OutputQueue::kBlockBytes + large.memory_bytes());
  queue.wrote(50'000);
  EXPECT_EQ(queue.memory_bytes(), 0U);
}

TEST(OutputQueue, CountsEveryBlockUntilItsLastByteIsWritten) {
  OutputQueue queue;
  queue.append_copy(as_bytes(std::string(3 * OutputQueue::kBlockBytes, 'x')));
  EXPECT_EQ(queue.memory_bytes(), 3 * OutputQueue::kBlockBytes);
  queue.wrote(OutputQueue::kBlockBytes + 1);
  EXPECT_EQ(queue.memory_bytes(), 2 * OutputQueue::kBlockBytes);
  queue.wrote(2 * OutputQueue::kBlockBytes - 1);
  EXPECT_EQ(queue.memory_bytes(), 0U);
}

TEST(OutputQueue, ControlBytesCountUntilTheyAreWritten) {
  OutputQueue queue;
  queue.append_control(17);
  queue.append(Buffer::adopt(std::string(5000, 'd')));
  queue.append_control(13);
  EXPECT_EQ(queue.control_bytes(), 30U);
  queue.wrote(17);
  EXPECT_EQ(queue.control_bytes(), 13U);
  queue.wrote(5013);
  EXPECT_EQ(queue.control_bytes(), 0U);
}

TEST(OutputQueue, AnyMixOfPiecesComesOutInOrder) {
  for (std::uint32_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random(seed);
    OutputQueue queue;
    std::string expected;
    std::string got;
    for (int step = 0; step < 2000; ++step) {
      const std::string piece(random() % (step % 7 == 0 ? 40'000 : 60), static_cast<char>('a' + step % 26));
      switch (random() % 3) {
        case 0:
          queue.append_copy(as_bytes(piece));
          break;
        case 1:
          queue.append(Buffer::copy_of(as_bytes(piece)));
          break;
        default:
          got += take(queue, random() % 50'000);
          continue;
      }
      expected += piece;
    }
    while (!queue.empty()) got += take(queue, 30'000);
    EXPECT_EQ(got, expected);
    EXPECT_EQ(queue.control_bytes(), 0U);
  }
}

}  // namespace
}  // namespace parlance::http2
