#include "rpc/balancing/least_request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

struct LeastRequestTest : testing::Test {
  LeastRequestTest() { start(policy); }
  static void start(LeastRequest& policy) {
    policy.set_backends(backends(3));
    make_ready(policy, {1, 2, 3});
  }
  static void begin_calls(LeastRequest& policy, BackendId backend, int calls) {
    for (int i = 0; i < calls; ++i) policy.on_call_started(backend);
  }

  FakeHost host;
  LeastRequest policy{{.choice_count = 2}, host};
};

TEST_F(LeastRequestTest, TheOneWithFewerOpenCallsOfThoseDrawnIsPicked) {
  begin_calls(policy, 1, 5);
  begin_calls(policy, 2, 3);
  host.script = {0, 1};
  EXPECT_EQ(picked(policy), 2);
  host.script = {1, 0};
  EXPECT_EQ(picked(policy), 2);
  host.script = {0, 0};  // the same twice
  EXPECT_EQ(picked(policy), 1);
}

TEST_F(LeastRequestTest, TheFirstDrawnWinsATie) {
  host.script = {2, 0};
  EXPECT_EQ(picked(policy), 3);
}

TEST_F(LeastRequestTest, CallsThatEndedDoNotCount) {
  begin_calls(policy, 1, 2);
  begin_calls(policy, 2, 1);
  policy.on_call_ended(1, StatusCode::kOk);
  policy.on_call_ended(1, StatusCode::kInternal);
  host.script = {0, 1};
  EXPECT_EQ(picked(policy), 1);
}

TEST_F(LeastRequestTest, ChoiceCountIsTwoToTen) {
  LeastRequest few{{.choice_count = 0}, host};
  LeastRequest many{{.choice_count = 100}, host};
  start(few);
  start(many);
  host.script.assign(20, 0);
  picked(few);
  EXPECT_EQ(host.script.size(), 18);
  picked(many);
  EXPECT_EQ(host.script.size(), 8);
}

TEST_F(LeastRequestTest, ABusyBackendGetsFewCalls) {
  begin_calls(policy, 1, 100);
  // It is picked only when it is drawn twice: one time in nine.
  const auto counts = count_picks(policy, 9000);
  EXPECT_NEAR(counts.at(1), 1000, 150);
}

TEST_F(LeastRequestTest, CallsOfARemovedBackendStillCountWhenItIsBack) {
  begin_calls(policy, 1, 4);
  policy.set_backends(std::vector<Backend>{{2, "b"}});
  policy.set_backends(std::vector<Backend>{{1, "a"}, {2, "b"}});
  make_ready(policy, {1});
  host.script = {0, 1};
  EXPECT_EQ(picked(policy), 2);
}

}  // namespace
}  // namespace parlance::balancing
