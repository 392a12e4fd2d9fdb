#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "copy_counter.h"
#include "large_calls.h"
#include "unary_calls.h"

namespace parlance::testing {
namespace {

TEST(AllocationCounter, CountsWhatThisThreadTakes) {
  const Allocations before = allocations_of_this_thread();
  const std::unique_ptr<int> one{new int{1}};
  void* volatile two = std::malloc(100);
  std::free(two);
  const Allocations after = allocations_of_this_thread();
  EXPECT_EQ(after.count - before.count, 2U);
  EXPECT_EQ(after.bytes - before.bytes, sizeof(int) + 100);
}

TEST(CopyCounter, CountsWhatThisThreadCopies) {
  const std::string from(1000, 'x');
  std::string to;
  const std::uint64_t before = bytes_copied_by_this_thread();
  to = from;
  std::memmove(to.data() + 1, to.data(), to.size() - 1);
  EXPECT_EQ(bytes_copied_by_this_thread() - before, 1999U);
}

// What is known today; whoever takes some away lowers the figure.
struct Known {
  double server_allocations;
  double client_allocations;
  PayloadCopies request;
  PayloadCopies response;
};
constexpr Known kMessages{.server_allocations = 0,
                          .client_allocations = 0,
                          .request = {.server = 2, .client = 1},
                          .response = {.server = 1, .client = 2}};
constexpr Known kViews{.server_allocations = 0,
                       .client_allocations = 0,
                       .request = {.server = 1, .client = 1},
                       .response = {.server = 1, .client = 1}};

// Tables and pools that grow once in a while after the warm-up.
constexpr double kRare = 0.05;
// Headers, prefixes and frames around a payload, and what else is small.
constexpr double kAround = 0.01;

class Calls : public ::testing::TestWithParam<Form> {
 protected:
  const Known& known() const { return GetParam() == Form::kViews ? kViews : kMessages; }

  void expect_no_more_taken(UnaryPlan plan) const {
    plan.form = GetParam();
    const UnaryAllocations taken = measure_unary_calls(plan);
    const double calls = plan.calls.measured;
    EXPECT_LE(static_cast<double>(taken.server.total.count) / calls, known().server_allocations + kRare);
    EXPECT_LE(static_cast<double>(taken.client.total.count) / calls, known().client_allocations + kRare);
  }

  static void expect_no_more_copied(const PayloadCopies& copies, const PayloadCopies& known) {
    EXPECT_LE(copies.server, known.server + kAround);
    EXPECT_LE(copies.client, known.client + kAround);
  }
};

TEST_P(Calls, OneInFlightTakesNoMoreThanKnown) { expect_no_more_taken({.in_flight = 1}); }

TEST_P(Calls, AHundredInFlightTakeNoMoreThanKnown) {
  expect_no_more_taken({.in_flight = 100, .calls = {.warm_up = 10'000, .measured = 10'000}});
}

TEST_P(Calls, ALargeRequestIsCopiedNoMoreThanKnown) {
  expect_no_more_copied(measure_large_requests(GetParam()), known().request);
}

TEST_P(Calls, ALargeResponseIsCopiedNoMoreThanKnown) {
  expect_no_more_copied(measure_large_responses(GetParam()), known().response);
}

INSTANTIATE_TEST_SUITE_P(Forms, Calls, ::testing::Values(Form::kMessages, Form::kViews),
                         [](const auto& form) {
                           return std::string{form.param == Form::kViews ? "Views" : "Messages"};
                         });

}  // namespace
}  // namespace parlance::testing
