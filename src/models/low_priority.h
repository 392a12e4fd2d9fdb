#pragma once

#include <functional>

namespace parlance::models {

/// Runs `work` to its end on a thread of its own that yields the processor to all others (nice 10).
/// One such work at a time; the others wait for their turn.
void run_at_low_priority(const std::function<void()>& work);

/// The same for work that may begin threads which stay, as an engine's do that loads a model: they inherit
/// the priority, and are given the normal one when `work` has ended. Where the process may not raise a
/// priority (no CAP_SYS_NICE, RLIMIT_NICE below 20), `work` has the normal one from the start.
void run_at_low_priority_with_threads(const std::function<void()>& work);

}  // namespace parlance::models
