// parlance-allocations: what a unary call takes from the heap on either side and where, and how often a large
// payload is copied.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "large_calls.h"
#include "unary_calls.h"

namespace {

using namespace parlance::testing;

void print(const char* form, const char* name, const SideAllocations& side, unsigned calls) {
  std::printf("%s, %s: %.3f allocations a call, %.1f bytes\n", form, name,
              static_cast<double>(side.total.count) / calls, static_cast<double>(side.total.bytes) / calls);
  if (side.sites) side.sites->print(stdout, calls);
}

void print(const char* form, const char* name, const PayloadCopies& copies) {
  std::printf("%s, %s of 4 MiB: copied %.2f times by the server, %.2f times by the client\n", form, name,
              copies.server, copies.client);
}

void measure(const char* name, UnaryPlan plan, Form form) {
  plan.form = form;
  const UnaryAllocations taken = measure_unary_calls(plan);
  print(name, "server", taken.server, plan.calls.measured);
  print(name, "client", taken.client, plan.calls.measured);
  print(name, "request", measure_large_requests(form));
  print(name, "response", measure_large_responses(form));
}

}  // namespace

int main(int count, char** arguments) {
  UnaryPlan plan;
  CLI::App app{"What a call takes from the heap, and how often it copies a large payload, on either side."};
  app.add_option("--in-flight", plan.in_flight)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--warm-up", plan.calls.warm_up)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--calls", plan.calls.measured)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_flag("--sites", plan.note_sites, "Print the call stacks as well");
  CLI11_PARSE(app, count, arguments);

  measure("messages", plan, Form::kMessages);
  measure("views", plan, Form::kViews);
}
