#pragma once

#include <cstddef>

#include "predict_calls.h"

namespace parlance::testing {

/// How often each side copied a large payload in user space, between the socket and the handler or caller:
/// bytes copied per byte of payload.
struct PayloadCopies {
  double server = 0;
  double client = 0;
};

inline constexpr std::size_t kLargePayloadBytes = 4 * 1024 * 1024;

/// Of calls with that much `raw_input` and a small response, one after the other.
PayloadCopies measure_large_requests(Form form);
/// Of calls with a small request and `predictions` of that size in the response.
PayloadCopies measure_large_responses(Form form);

}  // namespace parlance::testing
