#include "rpc/balancing/round_robin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

struct RoundRobinTest : testing::Test {
  FakeHost host;
  RoundRobin policy{host};
};

TEST_F(RoundRobinTest, ConnectsEveryBackendAtOnce) {
  policy.set_backends(backends(3));
  EXPECT_THAT(host.connected, ElementsAre(1, 2, 3));
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
}

TEST_F(RoundRobinTest, PicksReadyBackendsInTurn) {
  policy.set_backends(backends(3));
  make_ready(policy, {1, 2});
  EXPECT_THAT(count_picks(policy, 10), ElementsAre(Pair(1, 5), Pair(2, 5)));
  make_ready(policy, {3});
  EXPECT_THAT(count_picks(policy, 9), ElementsAre(Pair(1, 3), Pair(2, 3), Pair(3, 3)));
}

TEST(RoundRobin, BeginsWithARandomBackend) {
  for (std::uint64_t start = 0; start < 3; ++start) {
    FakeHost host;
    host.script = {start};
    RoundRobin policy{host};
    policy.set_backends(backends(3));
    make_ready(policy, {1, 2, 3});
    EXPECT_EQ(picked(policy), start + 1);
  }
}

TEST_F(RoundRobinTest, ReconnectsALostBackendAndLooksUpNamesAgain) {
  policy.set_backends(backends(2));
  make_ready(policy, {1, 2});
  host.take_connected();
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(host.connected, ElementsAre(1));
  EXPECT_EQ(host.resolutions, 1);
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  EXPECT_THAT(count_picks(policy, 4), ElementsAre(Pair(2, 4)));
}

TEST_F(RoundRobinTest, IsInTransientFailureOnlyWhenAllFailed) {
  policy.set_backends(backends(2));
  fail(policy, {1});
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  fail(policy, {2});
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);
  const Pick failed = pick(policy);
  ASSERT_EQ(failed.kind, Pick::Kind::kFail);
  EXPECT_EQ(failed.status.message(), "all 2 addresses were tried and failed; the last: 10.0.0.2 refused");
}

TEST_F(RoundRobinTest, AFailedBackendCountsAsFailedUntilItIsReady) {
  policy.set_backends(backends(1));
  fail(policy, {1});
  host.take_connected();
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(host.connected, ElementsAre(1));
  set_state(policy, 1, Connectivity::kConnecting);
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);
  make_ready(policy, {1});
  EXPECT_EQ(policy.state(), Connectivity::kReady);
}

TEST_F(RoundRobinTest, ANewListKeepsTheConnectionsOfThoseThatStay) {
  policy.set_backends(backends(2));
  make_ready(policy, {1, 2});
  host.take_connected();
  policy.set_backends(std::vector<Backend>{{2, "10.0.0.2:50051"}, {3, "10.0.0.3:50051"}});
  EXPECT_THAT(host.connected, ElementsAre(3));
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  EXPECT_THAT(count_picks(policy, 4), ElementsAre(Pair(2, 4)));
}

TEST_F(RoundRobinTest, TheChannelHearsOfEveryChange) {
  policy.set_backends(backends(2));
  EXPECT_EQ(host.changes, 1);  // idle to connecting
  make_ready(policy, {1});
  EXPECT_EQ(host.changes, 2);
  make_ready(policy, {2});
  EXPECT_EQ(host.changes, 3);
  make_ready(policy, {2});
  EXPECT_EQ(host.changes, 3);
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_EQ(host.changes, 4);
}

}  // namespace
}  // namespace parlance::balancing
