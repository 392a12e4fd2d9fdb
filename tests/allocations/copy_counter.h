#pragma once

#include <cstdint>

namespace parlance::testing {

/// Bytes that this thread has copied in user space since it began: every memcpy and memmove of the process,
/// whoever calls it. What the kernel copies to and from sockets is not in it, nor what the compiler copies
/// inline (a few bytes of known size).
std::uint64_t bytes_copied_by_this_thread();

}  // namespace parlance::testing
