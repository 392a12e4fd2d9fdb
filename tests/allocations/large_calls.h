#pragma once

#include <cstddef>

namespace parlance::testing {

/// How often each side copied a large payload in user space, between the socket and the handler or caller:
/// bytes copied per byte of payload.
struct PayloadCopies {
  double server = 0;
  double client = 0;
};

struct LargePlan {
  std::size_t payload_bytes = 4 * 1024 * 1024;
  unsigned warm_up_calls = 4;
  unsigned calls = 16;
};

/// Unary calls with `raw_input` of that size and a small response, one after the other: a client that sends
/// it and a server whose handler reads it. A call that fails ends the process.
PayloadCopies measure_large_requests(const LargePlan& plan = {});
/// Small requests, and `predictions` of that size in the response.
PayloadCopies measure_large_responses(const LargePlan& plan = {});

}  // namespace parlance::testing
