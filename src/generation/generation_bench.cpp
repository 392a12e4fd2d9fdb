#include <benchmark/benchmark.h>

#include <random>
#include <vector>

#include "generation/sampler.h"
#include "generation/step_planner.h"

namespace parlance::generation {
namespace {

std::vector<float> logits_of(std::size_t vocabulary) {
  std::mt19937 random{1};
  std::normal_distribution<float> normal{0, 3};
  std::vector<float> logits(vocabulary);
  for (float& logit : logits) logit = normal(random);
  return logits;
}

void sample(benchmark::State& state, const SamplingOptions& options) {
  const std::vector<float> logits = logits_of(static_cast<std::size_t>(state.range(0)));
  TokenCounts counts;
  for (Token token = 0; token < 500; ++token) counts.add_made(token);
  Sampler sampler;
  std::uint64_t position = 0;
  for (auto _ : state) benchmark::DoNotOptimize(sampler.sample(logits, options, counts, position++));
}

BENCHMARK_CAPTURE(sample, greedy, SamplingOptions{.temperature = 0})->Arg(2048)->Arg(150000);
BENCHMARK_CAPTURE(sample, temperature, SamplingOptions{.temperature = 0.8F})->Arg(2048)->Arg(150000);
BENCHMARK_CAPTURE(sample, top_k_50, SamplingOptions{.top_k = 50})->Arg(2048)->Arg(150000);
BENCHMARK_CAPTURE(sample, top_p, SamplingOptions{.temperature = 0.8F, .top_p = 0.95F})
    ->Arg(2048)
    ->Arg(150000);
BENCHMARK_CAPTURE(sample, min_p, SamplingOptions{.min_p = 0.05F})->Arg(2048)->Arg(150000);
BENCHMARK_CAPTURE(sample, penalties,
                  SamplingOptions{.top_p = 0.95F, .frequency_penalty = 0.5F, .top_logprobs = 5})
    ->Arg(2048)
    ->Arg(150000);

/// A step of running sequences, each of which makes a token, while others wait: planned, stored, appended.
void plan(benchmark::State& state) {
  const auto running = static_cast<std::size_t>(state.range(0));
  const auto waiting = static_cast<std::size_t>(state.range(1));
  const PlannerLimits limits{.max_running = running, .max_sequence_tokens = 1 << 20};
  StepPlanner planner{limits, (running + waiting) * 2048, {}};
  for (std::size_t i = 0; i < running + waiting; ++i)
    (void)planner.add({.prompt = std::vector<Token>(32, static_cast<Token>(i)), .max_tokens = 65000});
  for (auto _ : state) {
    const StepPlan made = planner.plan(TimePoint{});
    planner.step_done();
    for (const StepPart& part : made.parts) {
      if (part.samples) planner.append(part.sequence, 1);
    }
  }
}

BENCHMARK(plan)->Args({1, 0})->Args({8, 0})->Args({32, 0})->Args({64, 0})->Args({64, 1000})->Iterations(2000);

}  // namespace
}  // namespace parlance::generation

BENCHMARK_MAIN();
