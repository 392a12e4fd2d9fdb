#include "copy_counter.h"

#include <cstddef>
#include <limits>

// glibc's own, by the names that its fortified headers call.
// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): not ours to choose
extern "C" {
void* __memcpy_chk(void* to, const void* from, std::size_t size_bytes, std::size_t room_bytes);
void* __memmove_chk(void* to, const void* from, std::size_t size_bytes, std::size_t room_bytes);
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace {
constinit thread_local std::uint64_t copied_bytes = 0;
constexpr std::size_t kAnyRoom = std::numeric_limits<std::size_t>::max();
}  // namespace

std::uint64_t parlance::testing::bytes_copied_by_this_thread() { return copied_bytes; }

extern "C" {

void* memcpy(void* to, const void* from, std::size_t size_bytes) {
  copied_bytes += size_bytes;
  return __memcpy_chk(to, from, size_bytes, kAnyRoom);
}

void* memmove(void* to, const void* from, std::size_t size_bytes) {
  copied_bytes += size_bytes;
  return __memmove_chk(to, from, size_bytes, kAnyRoom);
}

}  // extern "C"
