#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "copy_counter.h"
#include "large_calls.h"
#include "unary_calls.h"

namespace parlance::testing {
namespace {

double per_call(const SideAllocations& side, std::uint64_t calls) {
  return static_cast<double>(side.total.count) / static_cast<double>(calls);
}

TEST(AllocationCounter, CountsWhatThisThreadTakes) {
  const Allocations before = allocations_of_this_thread();
  const std::unique_ptr<int> one{new int{1}};
  void* volatile two = std::malloc(100);
  std::free(two);
  const Allocations after = allocations_of_this_thread();
  EXPECT_EQ(after.count - before.count, 2U);
  EXPECT_EQ(after.bytes - before.bytes, sizeof(int) + 100);
}

// What a call takes, of its messages too.
constexpr double kServerPerCall = 0;
constexpr double kClientPerCall = 7;
// Tables and pools that grow once in a while after the warm-up.
constexpr double kRare = 0.05;

void expect_no_more(const UnaryPlan& plan) {
  const UnaryAllocations taken = measure_unary_calls(plan);
  EXPECT_LE(per_call(taken.server, taken.calls), kServerPerCall + kRare);
  EXPECT_LE(per_call(taken.client, taken.calls), kClientPerCall + kRare);
}

TEST(UnaryCalls, OneInFlightTakesNoMoreThanKnown) { expect_no_more({.in_flight = 1}); }

TEST(UnaryCalls, AHundredInFlightTakeNoMoreThanKnown) {
  expect_no_more({.in_flight = 100, .warm_up_calls = 10'000, .calls = 10'000});
}

TEST(CopyCounter, CountsWhatThisThreadCopies) {
  const std::string from(1000, 'x');
  std::string to;
  const std::uint64_t before = bytes_copied_by_this_thread();
  to = from;
  std::memmove(to.data() + 1, to.data(), to.size() - 1);
  EXPECT_EQ(bytes_copied_by_this_thread() - before, 1999U);
}

// Headers, prefixes and frames around the payload, and what is small.
constexpr double kAround = 0.01;

TEST(LargeCalls, ARequestIsCopiedNoMoreThanKnown) {
  const PayloadCopies copies = measure_large_requests();
  EXPECT_LE(copies.server, 2 + kAround);
  EXPECT_LE(copies.client, 1 + kAround);
}

TEST(LargeCalls, AResponseIsCopiedNoMoreThanKnown) {
  const PayloadCopies copies = measure_large_responses();
  EXPECT_LE(copies.server, 1 + kAround);
  EXPECT_LE(copies.client, 2 + kAround);
}

}  // namespace
}  // namespace parlance::testing
