// parlance-allocations: what a unary call takes from the heap on either side, and where.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "unary_calls.h"

namespace {

using parlance::testing::SideAllocations;

void print(const char* name, const SideAllocations& side, std::uint64_t calls) {
  const auto each = static_cast<double>(calls);
  std::printf("%s: %.3f allocations a call, %.1f bytes\n", name, static_cast<double>(side.total.count) / each,
              static_cast<double>(side.total.bytes) / each);
  if (side.sites) side.sites->print(stdout, calls);
}

}  // namespace

int main(int count, char** arguments) {
  parlance::testing::UnaryPlan plan;
  CLI::App app{"What a unary call takes from the heap in steady state, on either side."};
  app.add_option("--in-flight", plan.in_flight)->capture_default_str();
  app.add_option("--warm-up", plan.warm_up_calls)->capture_default_str();
  app.add_option("--calls", plan.calls)->capture_default_str();
  app.add_flag("--sites", plan.note_sites, "Print the call stacks as well");
  CLI11_PARSE(app, count, arguments);

  const auto taken = parlance::testing::measure_unary_calls(plan);
  print("server", taken.server, taken.calls);
  print("client", taken.client, taken.calls);
}
