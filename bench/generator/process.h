#pragma once

#include <cstdint>

#include <sys/types.h>

namespace bench {

/// Monotonic, in nanoseconds.
std::int64_t now_ns();
/// CPU time of all threads of a process, those that have ended too; of this one when `pid` is 0. Ends the
/// process when there is no such process.
std::int64_t cpu_ns(pid_t pid);
/// Memory of that process that is in RAM, without what it shares with the kernel's sockets.
std::int64_t resident_bytes(pid_t pid);

}  // namespace bench
