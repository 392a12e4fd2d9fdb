// bench-calibrate: how fast this core is now. CPU time to send one byte over a loopback socket and to take
// it: system calls and the kernel's network, which a busy neighbour on a shared machine slows as it slows a
// server.

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <limits>

#include "socket.h"

namespace {

constexpr int kRounds = 4;
constexpr int kBytesPerRound = 2000;

double cpu_ns() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double round_trip_ns(bench::Socket& from, bench::Socket& to) {
  std::array<std::byte, 1> byte{};
  const iovec part{byte.data(), byte.size()};
  const double began = cpu_ns();
  for (int i = 0; i < kBytesPerRound; ++i) {
    if (from.write({&part, 1}) != 1 || to.read(byte) != 1) bench::die("calibrate");
  }
  return (cpu_ns() - began) / kBytesPerRound;
}

}  // namespace

int main() {
  const int listener = bench::listen_on_loopback(0);
  bench::Socket from = bench::Socket::connect(bench::port_of(listener), nullptr);
  const int accepted = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
  if (accepted < 0) bench::die("accept");
  bench::Socket to{accepted, nullptr};
  double best_ns = std::numeric_limits<double>::max();
  for (int i = 0; i < kRounds; ++i) best_ns = std::min(best_ns, round_trip_ns(from, to));
  std::printf("%.1f\n", best_ns);
}
