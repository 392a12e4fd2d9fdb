#include "large_calls.h"

#include "call_window.h"
#include "copy_counter.h"

namespace parlance::testing {
namespace {

constexpr CallCounts kCalls{.warm_up = 4, .measured = 16};

auto watch(double& copies) {
  const auto begin = [&copies] { copies = -static_cast<double>(bytes_copied_by_this_thread()); };
  const auto end = [&copies] {
    copies += static_cast<double>(bytes_copied_by_this_thread());
    copies /= static_cast<double>(kLargePayloadBytes * kCalls.measured);
  };
  return CallWindow{kCalls, begin, end};
}

PayloadCopies measure(PredictPlan plan) {
  PayloadCopies copies;
  plan.calls = kCalls.warm_up + kCalls.measured;
  make_predict_calls(plan, watch(copies.server), watch(copies.client));
  return copies;
}

}  // namespace

PayloadCopies measure_large_requests(Form form) {
  return measure({.form = form, .raw_input_bytes = kLargePayloadBytes});
}

PayloadCopies measure_large_responses(Form form) {
  return measure({.form = form, .predictions = kLargePayloadBytes / sizeof(float)});
}

}  // namespace parlance::testing
