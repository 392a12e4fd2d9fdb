// What the tokens of a text cost, by its length and by how many threads ask at once; and what loading costs.
// The program's main() is in paged_decoder_bench.cpp.

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "models/backends/openvino/text_tokenizer.h"

namespace parlance::models {
namespace {

constexpr unsigned kCopies = 2;

std::unique_ptr<Tokenizer> load() {
  Result<std::unique_ptr<Tokenizer>> tokenizer = load_tokenizer(
      std::filesystem::path{PARLANCE_SOURCE_DIR} / "models/repository/storyteller/1", {.threads = kCopies});
  if (!tokenizer) {
    std::cerr << tokenizer.error().to_string() << '\n';
    std::exit(1);
  }
  return std::move(*tokenizer);
}

const Tokenizer& shared() {
  static const std::unique_ptr<Tokenizer> tokenizer = load();
  return *tokenizer;
}

void encode(benchmark::State& state) {
  const Tokenizer& tokenizer = shared();
  std::string text;
  while (text.size() < static_cast<std::size_t>(state.range(0)))
    text += "It is a truth universally acknowledged, that a single man must be in want of a wife. ";
  text.resize(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.encode(text));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(encode)->Arg(16)->Arg(1 << 10)->Arg(16 << 10)->Arg(1 << 20)->UseRealTime();
BENCHMARK(encode)->Arg(1 << 10)->Threads(2)->UseRealTime();

void token_bytes(benchmark::State& state) {
  const Tokenizer& tokenizer = shared();
  generation::Token token = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(tokenizer.token_bytes(token));
    token = (token + 1) % 2048;
  }
}
BENCHMARK(token_bytes);

void load_it(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(load());
}
BENCHMARK(load_it)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace parlance::models
