#include "net/random.h"

namespace parlance::net {

std::mt19937_64& thread_random() {
  static thread_local std::mt19937_64 random = [] {
    std::random_device system;
    std::seed_seq seed{system(), system(), system(), system()};
    return std::mt19937_64{seed};
  }();
  return random;
}

void seed_random(std::uint64_t seed) { thread_random().seed(seed); }

}  // namespace parlance::net
