#include "base/slab.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

namespace parlance {
namespace {

// Round every boundary between size classes, and past the largest.
std::vector<std::size_t> interesting_sizes() {
  std::vector<std::size_t> sizes{0, 1};
  for (std::size_t bytes = 64; bytes <= 2 * Slab::kLargestBytes; bytes *= 2) {
    sizes.insert(sizes.end(), {bytes - 1, bytes, bytes + 1});
  }
  return sizes;
}

TEST(Slab, MemoryHoldsTheBytesAskedFor) {
  for (const std::size_t size_bytes : interesting_sizes()) {
    void* memory = Slab::allocate(size_bytes);
    ASSERT_NE(memory, nullptr);
    std::memset(memory, 0xab, size_bytes);
    Slab::deallocate(memory, size_bytes);
  }
}

TEST(Slab, MemoryIsAlignedForAnyOrdinaryType) {
  for (const std::size_t size_bytes : interesting_sizes()) {
    void* memory = Slab::allocate(size_bytes);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t), 0U) << size_bytes;
    Slab::deallocate(memory, size_bytes);
  }
}

TEST(Slab, LiveMemoryIsNeverHandedOutTwice) {
  struct Taken {
    unsigned char* memory;
    std::size_t size_bytes;
    unsigned char mark;
  };
  std::vector<Taken> taken;
  for (int round = 0; round < 3; ++round) {
    for (const std::size_t size_bytes : interesting_sizes()) {
      const auto mark = static_cast<unsigned char>(taken.size());
      taken.push_back({static_cast<unsigned char*>(Slab::allocate(size_bytes)), size_bytes, mark});
      std::memset(taken.back().memory, mark, size_bytes);
    }
  }
  for (const Taken& block : taken) {
    for (std::size_t i = 0; i < block.size_bytes; ++i) ASSERT_EQ(block.memory[i], block.mark);
    Slab::deallocate(block.memory, block.size_bytes);
  }
}

TEST(Slab, FreeingNullDoesNothing) { Slab::deallocate(nullptr, 100); }

TEST(Slab, MemoryMayBeFreedOnAnotherThread) {
  std::vector<void*> blocks(1000);
  for (void*& block : blocks) block = Slab::allocate(100);
  std::jthread([&blocks] {
    for (void* block : blocks) Slab::deallocate(block, 100);
    for (void*& block : blocks) block = Slab::allocate(100);
  }).join();
  for (void* block : blocks) Slab::deallocate(block, 100);
}

TEST(Slab, MoreThanIsKeptGoesBackToTheHeap) {
  const std::size_t count = 2 * Slab::kKeptBytesPerClass / Slab::kLargestBytes;
  std::vector<void*> blocks(count);
  for (void*& block : blocks) block = Slab::allocate(Slab::kLargestBytes);
  for (void* block : blocks) Slab::deallocate(block, Slab::kLargestBytes);
}

TEST(Slab, MemoryMayBeFreedWhileItsThreadEnds) {
  struct FreedAtTheEnd {
    void* memory = nullptr;
    ~FreedAtTheEnd() { Slab::deallocate(memory, 100); }
  };
  std::jthread([] {
    thread_local FreedAtTheEnd late;  // made before the free lists of the thread, so destroyed after them
    late.memory = Slab::allocate(100);
  }).join();
}

}  // namespace
}  // namespace parlance
