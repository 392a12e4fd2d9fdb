// parlance-allocations: what a unary call takes from the heap on either side and where, and how often a large
// payload is copied.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "large_calls.h"
#include "unary_calls.h"

namespace {

using namespace parlance::testing;

void print(const char* name, const SideAllocations& side, std::uint64_t calls) {
  const auto each = static_cast<double>(calls);
  std::printf("%s: %.3f allocations a call, %.1f bytes\n", name, static_cast<double>(side.total.count) / each,
              static_cast<double>(side.total.bytes) / each);
  if (side.sites) side.sites->print(stdout, calls);
}

void print_copies(const char* name, const PayloadCopies& copies) {
  std::printf("%s: copied %.2f times by the server, %.2f times by the client\n", name, copies.server,
              copies.client);
}

}  // namespace

int main(int count, char** arguments) {
  UnaryPlan plan;
  CLI::App app{"What a call takes from the heap, and how often it copies a large payload, on either side."};
  app.add_option("--in-flight", plan.in_flight)->capture_default_str();
  app.add_option("--warm-up", plan.warm_up_calls)->capture_default_str();
  app.add_option("--calls", plan.calls)->capture_default_str();
  app.add_flag("--sites", plan.note_sites, "Print the call stacks as well");
  CLI11_PARSE(app, count, arguments);

  const auto taken = measure_unary_calls(plan);
  print("server", taken.server, taken.calls);
  print("client", taken.client, taken.calls);

  print_copies("request of 4 MiB", measure_large_requests());
  print_copies("response of 4 MiB", measure_large_responses());
}
