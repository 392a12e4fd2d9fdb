#pragma once

#include <cstddef>

namespace parlance {

/// Whether freed memory is kept for the next taker. Not under a sanitizer, which sees a use after free only
/// in memory that really goes back to the heap.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kRecyclesMemory = false;
#else
inline constexpr bool kRecyclesMemory = true;
#endif

/// Memory for the objects a call needs again and again (coroutine frames, calls, small buffers): free lists
/// by size class, one set a thread, so that a call in steady state allocates nothing.
///
/// Memory may be freed on another thread than it was taken on; it then serves that thread. Sizes above
/// `kLargestBytes` go to the heap. Each class keeps at most `kKeptBytesPerClass` of free memory.
class Slab {
 public:
  static constexpr std::size_t kLargestBytes = 16 * 1024;
  static constexpr std::size_t kKeptBytesPerClass = 1024 * 1024;

  /// Aligned for any type that needs no extended alignment. `size_bytes` may be 0. Throws std::bad_alloc.
  static void* allocate(std::size_t size_bytes);
  /// The memory that allocate(size_bytes) really takes, without the heap's own bookkeeping.
  static std::size_t taken_bytes(std::size_t size_bytes);
  /// `size_bytes` is what was asked for. `memory` may be null.
  static void deallocate(void* memory, std::size_t size_bytes) noexcept;
};

}  // namespace parlance
