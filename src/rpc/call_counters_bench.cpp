// What counting costs a call (ServerOptions::call_statistics): the start, the clock at the end, the end.

#include "rpc/call_counters.h"

#include <benchmark/benchmark.h>

namespace parlance::detail {
namespace {

void BM_CountACall(benchmark::State& state) {
  CallCounters counters{20};
  const TimePoint received_at = Clock::now();
  std::size_t method = 0;
  for (auto _ : state) {
    method = (method + 1) % 4;
    counters.start(method);
    benchmark::DoNotOptimize(counters);
    counters.end(method, {.status = StatusCode::kOk,
                          .duration = (Clock::now() - received_at) / 1'000'000,
                          .sent_bytes = 138,
                          .received_bytes = 345});
  }
}
BENCHMARK(BM_CountACall);

void BM_ReadTheClock(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Clock::now());
}
BENCHMARK(BM_ReadTheClock);

}  // namespace
}  // namespace parlance::detail

BENCHMARK_MAIN();
