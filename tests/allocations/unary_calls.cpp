#include "unary_calls.h"

namespace parlance::testing {
namespace {

auto watch(const UnaryPlan& plan, SideAllocations& side) {
  if (plan.note_sites) side.sites = std::make_unique<AllocationSites>();
  const auto begin = [&side] {
    side.total = allocations_of_this_thread();
    note_sites(side.sites.get());
  };
  const auto end = [&side] {
    note_sites(nullptr);
    const Allocations after = allocations_of_this_thread();
    side.total = {.count = after.count - side.total.count, .bytes = after.bytes - side.total.bytes};
  };
  return CallWindow{plan.calls, begin, end};
}

}  // namespace

UnaryAllocations measure_unary_calls(const UnaryPlan& plan) {
  UnaryAllocations taken;
  make_predict_calls(
      {.form = plan.form, .in_flight = plan.in_flight, .calls = plan.calls.warm_up + plan.calls.measured},
      watch(plan, taken.server), watch(plan, taken.client));
  return taken;
}

}  // namespace parlance::testing
