// What a step costs with 1, 8 and 32 sequences, and how much of that is ours: planning, sampling,
// bookkeeping.

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <vector>

#include "generation/sampler.h"
#include "generation/step_planner.h"
#include "models/backends/openvino/paged_decoder.h"

namespace parlance::models {
namespace {

using generation::SamplingOptions;
using generation::SequenceId;
using generation::StepPart;
using generation::StepPlan;
using generation::StepPlanner;
using generation::Token;

constexpr std::size_t kPromptTokens = 32;
constexpr std::size_t kSteps = 200;

std::unique_ptr<generation::StepEngine> load_decoder() {
  const std::filesystem::path file =
      std::filesystem::path{PARLANCE_SOURCE_DIR} / "models/repository/storyteller/1/openvino_model.xml";
  Result<std::unique_ptr<generation::StepEngine>> engine =
      load_paged_decoder(file, {.cache_bytes = 64 << 20});
  if (!engine) {
    std::cerr << engine.error().to_string() << '\n';
    std::exit(1);
  }
  return std::move(*engine);
}

void decode(benchmark::State& state, const SamplingOptions& options) {
  const std::unique_ptr<generation::StepEngine> engine = load_decoder();
  const auto sequences = static_cast<std::size_t>(state.range(0));
  StepPlanner planner{{}, engine->pages(), {.block_tokens = engine->block_tokens()}};
  generation::Sampler sampler;
  for (std::size_t i = 0; i < sequences; ++i) {
    std::vector<Token> prompt(kPromptTokens, static_cast<Token>(300 + i));
    (void)planner.add({.prompt = std::move(prompt), .max_tokens = 2 * kSteps});
  }
  std::chrono::nanoseconds in_engine{};
  std::size_t tokens = 0;
  const auto step = [&] {
    const StepPlan plan = planner.plan(TimePoint{});
    const auto began = std::chrono::steady_clock::now();
    const Result<std::span<const float>> logits = engine->run(plan);
    in_engine += std::chrono::steady_clock::now() - began;
    planner.step_done();
    std::size_t row = 0;
    for (const StepPart& part : plan.parts) {
      if (!part.samples) continue;
      const auto values = logits->subspan(row++ * engine->vocabulary(), engine->vocabulary());
      const std::size_t position = planner.tokens(part.sequence).size();
      planner.append(part.sequence, sampler.sample(values, options, {}, position)->token);
    }
    tokens += row;
    return row;
  };
  while (step() < sequences) {
  }
  in_engine = {};
  tokens = 0;
  const auto began = std::chrono::steady_clock::now();
  for (auto _ : state) step();
  const std::chrono::duration<double> all = std::chrono::steady_clock::now() - began;
  const double engine_s = std::chrono::duration<double>(in_engine).count();
  state.counters["tokens/s"] = static_cast<double>(tokens) / all.count();
  state.counters["own_us/token"] = (all.count() - engine_s) * 1e6 / static_cast<double>(tokens);
  state.counters["own_%"] = (all.count() - engine_s) / engine_s * 100;
}

BENCHMARK_CAPTURE(decode, greedy, SamplingOptions{.temperature = 0})
    ->Arg(1)
    ->Arg(8)
    ->Arg(32)
    ->Iterations(kSteps);
BENCHMARK_CAPTURE(decode, top_p, SamplingOptions{.temperature = 0.8F, .top_p = 0.95F})
    ->Arg(1)
    ->Arg(8)
    ->Arg(32)
    ->Iterations(kSteps);

}  // namespace
}  // namespace parlance::models

BENCHMARK_MAIN();
