#include "process.h"

#include <unistd.h>

#include <ctime>
#include <fstream>
#include <string>

#include "socket.h"

namespace bench {
namespace {

std::int64_t clock_ns(clockid_t clock) {
  timespec time{};
  if (clock_gettime(clock, &time) != 0) die("clock_gettime");
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

std::int64_t now_ns() { return clock_ns(CLOCK_MONOTONIC); }

std::int64_t cpu_ns(pid_t pid) {
  clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;
  if (pid != 0 && clock_getcpuclockid(pid, &clock) != 0) die("the server's CPU clock");
  return clock_ns(clock);
}

std::int64_t resident_bytes(pid_t pid) {
  std::ifstream file{"/proc/" + std::to_string(pid) + "/statm"};
  std::int64_t virtual_pages = 0;
  std::int64_t resident_pages = 0;
  if (!(file >> virtual_pages >> resident_pages)) die("the server's memory");
  return resident_pages * sysconf(_SC_PAGESIZE);
}

}  // namespace bench
