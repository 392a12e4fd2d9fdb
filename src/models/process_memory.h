#pragma once

#include <cstddef>

namespace parlance::models {

/// The memory of this process that is in RAM; 0 where /proc does not tell.
std::size_t resident_bytes();

/// Hands memory that was freed, but is kept for the next allocation, back to the system. Takes milliseconds,
/// so never on an event loop.
void give_back_free_memory();

}  // namespace parlance::models
