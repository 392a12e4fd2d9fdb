#pragma once

#include <memory>

#include "allocation_counter.h"
#include "call_window.h"
#include "predict_calls.h"

namespace parlance::testing {

struct UnaryPlan {
  Form form = Form::kMessages;
  unsigned in_flight = 1;
  CallCounts calls = {};
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
};

/// Of Predict with one feature, ten numbers back (predict_calls.h).
UnaryAllocations measure_unary_calls(const UnaryPlan& plan);

}  // namespace parlance::testing
