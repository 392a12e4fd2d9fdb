#pragma once

#include <cstdint>
#include <memory>

#include "allocation_counter.h"

namespace parlance::testing {

struct UnaryPlan {
  unsigned in_flight = 1;
  unsigned warm_up_calls = 2000;
  unsigned calls = 1000;
  bool note_sites = false;
};

/// What one side's loop took from the heap during the measured calls.
struct SideAllocations {
  Allocations total;
  std::unique_ptr<AllocationSites> sites;  // with UnaryPlan::note_sites
};

struct UnaryAllocations {
  SideAllocations server;
  SideAllocations client;
  std::uint64_t calls = 0;
};

/// Makes unary calls (inference.InferenceService/Predict with one feature, ten numbers back) between a server
/// and a client in this process, each with a loop of its own, on one connection over loopback TCP. Counts
/// from the warm-up's last call to the last one measured, on each side's thread by itself. A call that fails
/// ends the process.
UnaryAllocations measure_unary_calls(const UnaryPlan& plan);

}  // namespace parlance::testing
