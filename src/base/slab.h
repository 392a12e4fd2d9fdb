#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <new>

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
  static void* allocate(std::size_t size_bytes) {
    if (size_bytes > kLargestBytes) return ::operator new(size_bytes);
    List& list = lists_[class_of(size_bytes)];
    if (list.head == nullptr) [[unlikely]]
      return new_block(class_of(size_bytes));
    FreeBlock* const taken = list.head;
    list.head = taken->next;
    list.kept_bytes -= class_bytes(class_of(size_bytes));
    return taken;
  }
  /// `size_bytes` is what was asked for. `memory` may be null.
  static void deallocate(void* memory, std::size_t size_bytes) noexcept {
    if (memory == nullptr) return;
    if (size_bytes > kLargestBytes) return ::operator delete(memory);
    List& list = lists_[class_of(size_bytes)];
    if (list.kept_bytes >= list.most_kept_bytes) [[unlikely]]
      return ::operator delete(memory);
    list.head = new (memory) FreeBlock{list.head};
    list.kept_bytes += class_bytes(class_of(size_bytes));
  }
  /// The memory that allocate(size_bytes) really takes, without the heap's own bookkeeping.
  static std::size_t taken_bytes(std::size_t size_bytes) {
    return size_bytes > kLargestBytes ? size_bytes : class_bytes(class_of(size_bytes));
  }

 private:
  struct FreeBlock {
    FreeBlock* next;
  };
  struct List {
    FreeBlock* head = nullptr;
    std::size_t kept_bytes = 0;
    std::size_t most_kept_bytes = 0;  // none before the thread's first block, and after its end
  };
  struct ThreadEnd;

  // Classes: 64, 128, 192, … 1024, as most objects lie there, then 2048, 4096, … kLargestBytes.
  static constexpr std::size_t kStepBytes = 64;
  static constexpr std::size_t kSteps = 16;
  static constexpr std::size_t kClasses = kSteps + std::bit_width(kLargestBytes / (kSteps * kStepBytes)) - 1;

  static constexpr std::size_t class_of(std::size_t size_bytes) {
    if (size_bytes <= kStepBytes) return 0;
    const std::size_t step = (size_bytes - 1) / kStepBytes;
    return step < kSteps ? step : kSteps - 1 + std::bit_width(step / kSteps);
  }
  static constexpr std::size_t class_bytes(std::size_t size_class) {
    return size_class < kSteps ? (size_class + 1) * kStepBytes
                               : kSteps * kStepBytes << (size_class - kSteps + 1);
  }

  static void* new_block(std::size_t size_class);

  // Constant-initialised and never destroyed, so that reaching it is one instruction.
  static constinit thread_local std::array<List, kClasses> lists_;
};

}  // namespace parlance
