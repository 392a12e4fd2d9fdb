#include "client_window.h"

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

namespace bench {
namespace {

void sleep_for(double seconds) { std::this_thread::sleep_for(std::chrono::duration<double>{seconds}); }

}  // namespace

ClientOptions read_client_options(int count, char** arguments) {
  ClientOptions options;
  CLI::App app{"Unary calls to a server of inference.InferenceService on loopback, so many in flight."};
  app.add_option("--port", options.port)->required();
  app.add_option("--in-flight", options.in_flight)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warm-up", options.warm_up_s, "Seconds before the measurement")->capture_default_str();
  app.add_option("--duration", options.duration_s, "Seconds of it")->capture_default_str();
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& problem) {
    std::exit(app.exit(problem));
  }
  return options;
}

void tell_window(const ClientOptions& options, const std::function<ClientCounts()>& counts) {
  sleep_for(options.warm_up_s);
  const ClientCounts before = counts();
  std::puts("begin");
  std::fflush(stdout);
  sleep_for(options.duration_s);
  const ClientCounts after = counts();
  std::printf("end %ld %ld\n", after.answers - before.answers, after.errors);
  std::fflush(stdout);
  std::_Exit(0);
}

}  // namespace bench
