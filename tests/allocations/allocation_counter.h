#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>

namespace parlance::testing {

/// Where a thread takes memory from the heap: call stacks and how often each was met.
class AllocationSites {
 public:
  static constexpr int kFrames = 12;

  /// `frames` from the innermost outwards. Takes no memory; stacks beyond the table's size go uncounted.
  void add(void* const* frames, int frame_count);
  /// Prints the most frequent stacks, with functions and lines of this program as addr2line finds them.
  /// `calls` divides the counts.
  void print(std::FILE* out, std::uint64_t calls) const;

 private:
  struct Site {
    std::uint64_t hash = 0;  // 0: free
    std::uint64_t count = 0;
    int frame_count = 0;
    std::array<void*, kFrames> frames{};
  };
  std::array<Site, 1024> sites_;
};

struct Allocations {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// What this thread has taken from the heap since it began: every malloc, calloc, realloc and aligned
/// allocation of the process, whoever calls it (operator new does). Frees are not counted.
Allocations allocations_of_this_thread();

/// From now on this thread's allocations are also noted in `sites`; null: no more.
void note_sites(AllocationSites* sites);

}  // namespace parlance::testing
