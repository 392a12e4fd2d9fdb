// Runs every scenario from many seeds, each twice: the second trace must be the first one. Flags:
//   --seeds N   that many seeds a scenario, from 1 (200 unless told)
//   --seed N    that seed alone, its trace on stderr
#include <gtest/gtest.h>

#include <unistd.h>
#include <charconv>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>

#include "base/concat.h"
#include "scenarios.h"

extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace parlance::simulation {
namespace {

std::uint64_t seeds = 200;
std::optional<std::uint64_t> only_seed;

// What runs now, for when the process dies of it.
char running[200];

void say_what_ran() {
  const std::size_t written = static_cast<std::size_t>(write(STDERR_FILENO, running, std::strlen(running)));
  static_cast<void>(written);
}

void on_abort(int) {
  say_what_ran();
  std::_Exit(EXIT_FAILURE);
}

void watch_for_death() {
  static_cast<void>(std::signal(SIGABRT, on_abort));
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(say_what_ran);
}

std::string replay(std::string_view scenario, std::uint64_t seed) {
  return concat("parlance_simulation_test --gtest_filter=Simulation.", scenario, " --seed ", seed);
}

struct Outcome {
  std::uint64_t trace_hash;
  std::string violations;
};

Outcome run_once(const Scenario& scenario, std::uint64_t seed, bool print_trace) {
  Simulation simulation{seed, print_trace};
  scenario.run(simulation);
  Outcome outcome{simulation.trace_hash(), {}};
  for (const std::string& violation : simulation.violations()) outcome.violations += violation + "\n";
  return outcome;
}

bool run_seed(const Scenario& scenario, std::uint64_t seed) {
  const std::string command = replay(scenario.name, seed);
  std::snprintf(running, sizeof running, "\nthe simulation died; to replay: %s\n", command.c_str());
  const Outcome first = run_once(scenario, seed, only_seed.has_value());
  EXPECT_EQ(first.violations, "") << "to replay: " << command;
  const Outcome second = run_once(scenario, seed, false);
  EXPECT_EQ(first.trace_hash, second.trace_hash) << "not the same twice: " << command;
  return first.violations.empty() && first.trace_hash == second.trace_hash;
}

// Stops after some failures: the rest is most often the same.
void run_seeds(const Scenario& scenario) {
  watch_for_death();
  if (only_seed) return void(run_seed(scenario, *only_seed));
  int failures = 0;
  for (std::uint64_t seed = 1; seed <= seeds && failures < 5; ++seed)
    failures += run_seed(scenario, seed) ? 0 : 1;
}

TEST(Simulation, FlowControl) { run_seeds({"FlowControl", flow_control}); }
TEST(Simulation, Deadlines) { run_seeds({"Deadlines", deadlines}); }
TEST(Simulation, Cancellation) { run_seeds({"Cancellation", cancellation}); }
TEST(Simulation, Drain) { run_seeds({"Drain", drain}); }
TEST(Simulation, Retries) { run_seeds({"Retries", retries}); }
TEST(Simulation, Hedging) { run_seeds({"Hedging", hedging}); }
TEST(Simulation, Balancing) { run_seeds({"Balancing", balancing}); }
TEST(Simulation, ConnectionAge) { run_seeds({"ConnectionAge", connection_age}); }

std::optional<std::uint64_t> number_after(int argc, char** argv, std::string_view flag) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (argv[i] == flag) return std::strtoull(argv[i + 1], nullptr, 10);
  }
  return std::nullopt;
}

}  // namespace
}  // namespace parlance::simulation

int main(int argc, char** argv) {
  using namespace parlance::simulation;
  ::testing::InitGoogleTest(&argc, argv);
  seeds = number_after(argc, argv, "--seeds").value_or(seeds);
  only_seed = number_after(argc, argv, "--seed");
  return RUN_ALL_TESTS();
}
