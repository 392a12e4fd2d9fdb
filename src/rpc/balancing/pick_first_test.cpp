#include "rpc/balancing/pick_first.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/balancing/address_order.h"
#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct PickFirstTest : testing::Test {
  FakeHost host;
  PickFirst policy{{}, host};
};

TEST_F(PickFirstTest, ConnectsNothingBeforeTheFirstCall) {
  policy.set_backends(backends(3));
  EXPECT_THAT(host.connected, IsEmpty());
  EXPECT_EQ(policy.state(), Connectivity::kIdle);

  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(1));
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
}

TEST_F(PickFirstTest, ConnectBeginsWithoutACall) {
  policy.set_backends(backends(2));
  policy.connect();
  EXPECT_THAT(host.connected, ElementsAre(1));
}

TEST_F(PickFirstTest, TheNextAddressIsTriedAfter250Milliseconds) {
  policy.set_backends(backends(3));
  policy.connect();
  EXPECT_EQ(host.armed, host.now() + milliseconds{250});
  host.fire(policy);
  EXPECT_THAT(host.connected, ElementsAre(1, 2));
  host.fire(policy);
  EXPECT_THAT(host.connected, ElementsAre(1, 2, 3));
  EXPECT_FALSE(host.fire(policy));
}

TEST_F(PickFirstTest, AFailureOfTheLatestAttemptBeginsTheNextAtOnce) {
  policy.set_backends(backends(3));
  policy.connect();
  host.advance(milliseconds{100});
  fail(policy, {1});
  EXPECT_THAT(host.connected, ElementsAre(1, 2));
  EXPECT_EQ(host.armed, host.now() + milliseconds{250});
}

TEST_F(PickFirstTest, AFailureOfAnEarlierAttemptLeavesTheTimer) {
  policy.set_backends(backends(3));
  policy.connect();
  host.fire(policy);
  const TimePoint armed = host.armed;
  fail(policy, {1});
  EXPECT_THAT(host.connected, ElementsAre(1, 2));
  EXPECT_EQ(host.armed, armed);
}

TEST_F(PickFirstTest, TheFirstReadyWinsAndTheOthersAreReleased) {
  policy.set_backends(backends(3));
  policy.connect();
  host.fire(policy);
  make_ready(policy, {2});
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  EXPECT_THAT(host.released, ElementsAre(1));
  EXPECT_EQ(host.armed, TimePoint::max());
  for (int i = 0; i < 5; ++i) EXPECT_EQ(picked(policy), 2);
}

TEST_F(PickFirstTest, AfterALossItIsIdleAndReconnectsForTheNextCall) {
  policy.set_backends(backends(2));
  policy.connect();
  make_ready(policy, {1});
  host.take_connected();

  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_EQ(policy.state(), Connectivity::kIdle);
  EXPECT_EQ(host.resolutions, 1);
  EXPECT_THAT(host.connected, IsEmpty());
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(1));
}

TEST_F(PickFirstTest, WhenAllFailPicksFailWithTheLastStatus) {
  policy.set_backends(backends(2));
  policy.connect();
  fail(policy, {1});
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  fail(policy, {2});
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);
  EXPECT_EQ(host.resolutions, 1);
  const Pick failed = pick(policy);
  ASSERT_EQ(failed.kind, Pick::Kind::kFail);
  EXPECT_EQ(failed.status.code(), StatusCode::kUnavailable);
  EXPECT_EQ(failed.status.message(), "all 2 addresses were tried and failed; the last: 10.0.0.2 refused");
}

TEST_F(PickFirstTest, TheFailureOfASingleAddressIsToldAsItIs) {
  policy.set_backends(backends(1));
  policy.connect();
  fail(policy, {1});
  EXPECT_EQ(pick(policy).status.message(), "10.0.0.1 refused");
}

TEST_F(PickFirstTest, AfterTheFirstPassEachIsTriedAgainWhenItsBackoffEnds) {
  policy.set_backends(backends(2));
  policy.connect();
  fail(policy, {1, 2});
  host.take_connected();
  set_state(policy, 2, Connectivity::kIdle);
  EXPECT_THAT(host.connected, ElementsAre(2));
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(host.connected, ElementsAre(2, 1));
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);
  make_ready(policy, {2});
  EXPECT_EQ(policy.state(), Connectivity::kReady);
  EXPECT_THAT(host.released, ElementsAre(1));
}

TEST_F(PickFirstTest, ABackoffThatEndsInTheFirstPassWaitsForItsEnd) {
  policy.set_backends(backends(2));
  policy.connect();
  fail(policy, {1});
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(host.take_connected(), ElementsAre(1, 2));
  fail(policy, {2});
  EXPECT_THAT(host.connected, ElementsAre(1));
}

TEST_F(PickFirstTest, ReResolutionIsAskedAgainAfterAsManyFailuresAsAddresses) {
  policy.set_backends(backends(3));
  policy.connect();
  fail(policy, {1, 2, 3});
  EXPECT_EQ(host.resolutions, 1);
  for (int i = 0; i < 3; ++i) {
    set_state(policy, 1, Connectivity::kIdle);
    fail(policy, {1});
  }
  EXPECT_EQ(host.resolutions, 2);
}

TEST_F(PickFirstTest, ANewListWithTheSelectedBackendKeepsIt) {
  policy.set_backends(backends(2));
  policy.connect();
  fail(policy, {1});
  make_ready(policy, {2});
  const int changes = host.changes;
  policy.set_backends(std::vector<Backend>{{7, "10.0.0.7:1"}, {2, "10.0.0.2:50051"}});
  EXPECT_EQ(picked(policy), 2);
  EXPECT_EQ(host.changes, changes);
  EXPECT_THAT(host.connected, ElementsAre(1, 2));
}

TEST_F(PickFirstTest, ANewListWithoutTheSelectedBackendIsTriedAtOnce) {
  policy.set_backends(backends(1));
  policy.connect();
  make_ready(policy, {1});
  policy.set_backends(std::vector<Backend>{{7, "10.0.0.7:1"}});
  EXPECT_EQ(policy.state(), Connectivity::kConnecting);
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  EXPECT_THAT(host.connected, ElementsAre(1, 7));
}

TEST_F(PickFirstTest, ANewListDoesNotEndTransientFailure) {
  policy.set_backends(backends(1));
  policy.connect();
  fail(policy, {1});
  policy.set_backends(std::vector<Backend>{{1, "10.0.0.1:50051"}, {7, "10.0.0.7:1"}});
  EXPECT_EQ(policy.state(), Connectivity::kTransientFailure);
  EXPECT_THAT(host.connected, ElementsAre(1, 7));
  make_ready(policy, {7});
  EXPECT_EQ(policy.state(), Connectivity::kReady);
}

TEST_F(PickFirstTest, WhatAReleasedBackendDoesIsIgnored) {
  policy.set_backends(backends(2));
  policy.connect();
  host.fire(policy);
  make_ready(policy, {2});
  make_ready(policy, {1});
  EXPECT_EQ(picked(policy), 2);
}

TEST_F(PickFirstTest, ABackendThatIsReadyAlreadyIsTakenAtOnce) {
  policy.set_backends(backends(3));
  make_ready(policy, {2});
  EXPECT_EQ(picked(policy), 2);
  EXPECT_THAT(host.connected, IsEmpty());
}

TEST(PickFirst, ShufflesWhenAskedTo) {
  FakeHost host;
  PickFirst policy{{.shuffle_address_list = true}, host};
  host.script = {0, 0};  // 3 goes to the front, then 2: 2, 3, 1
  policy.set_backends(backends(3));
  policy.connect();
  host.fire(policy);
  host.fire(policy);
  EXPECT_THAT(host.connected, ElementsAre(2, 3, 1));
}

TEST(AddressOrder, FamiliesTakeTurns) {
  const std::vector<Backend> list{
      {1, "[::1]:1"}, {2, "[::2]:1"}, {3, "10.0.0.3:1"}, {4, "[::4]:1"}, {5, "10.0.0.5:1"}};
  std::vector<BackendId> order;
  for (const Backend& backend : interleave_families(list)) order.push_back(backend.id);
  EXPECT_THAT(order, ElementsAre(1, 3, 2, 5, 4));
}

TEST(AddressOrder, TheFamilyOfTheFirstAddressBegins) {
  const std::vector<Backend> list{{1, "10.0.0.1:1"}, {2, "10.0.0.2:1"}, {3, "[::3]:1"}};
  std::vector<BackendId> order;
  for (const Backend& backend : interleave_families(list)) order.push_back(backend.id);
  EXPECT_THAT(order, ElementsAre(1, 3, 2));
}

}  // namespace
}  // namespace parlance::balancing
