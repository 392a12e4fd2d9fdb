#pragma once

#include <string>

#include "app/bench.h"
#include "app/bench_codec.h"
#include "app/client_flags.h"

namespace CLI {  // NOLINT(readability-identifier-naming): CLI11 calls it so
class App;
}

namespace parlance::app {

/// What the command line gave of `bench`; numbers and times in its words.
struct BenchCommand {
  BenchRequest request;
  ClientFlags client;
  std::string connections, streams, threads, messages, pipeline, calls;
  std::string duration, warm_up, grace;
  std::string rate;
  CodecBenchRequest codec;
  std::string features, rounds;
  const CLI::App* codec_command = nullptr;
};

/// The command with its flags.
CLI::App* add_bench(CLI::App& app, BenchCommand& given);

/// Checks what was given, and runs it. Returns the exit code.
int run_bench(BenchCommand& given);

}  // namespace parlance::app
