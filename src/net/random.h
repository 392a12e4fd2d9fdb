#pragma once

#include <cstdint>
#include <random>

namespace parlance::net {

/// This thread's source of what is left to chance: jitter, choices among equals, trace ids. Seeded by the
/// system, or by seed_random. Not for secrets.
std::mt19937_64& thread_random();

/// Makes what follows on this thread the same each time; for simulations and tests.
void seed_random(std::uint64_t seed);

}  // namespace parlance::net
