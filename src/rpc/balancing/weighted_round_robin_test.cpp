#include "rpc/balancing/weighted_round_robin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::Pair;

LoadReport report(double rate, double utilization, double errors = 0) {
  return {.application_utilization = utilization, .requests_per_second = rate, .errors_per_second = errors};
}

struct WeightedRoundRobinTest : testing::Test {
  WeightedRoundRobinTest() {
    policy.set_backends(backends(3));
    make_ready(policy, {1, 2, 3});
  }

  FakeHost host;
  WeightedRoundRobin policy{{.blackout_period = Duration::zero()}, host};
};

TEST_F(WeightedRoundRobinTest, WithoutReportsEveryBackendIsPickedInTurn) {
  EXPECT_THAT(count_picks(policy, 30), ElementsAre(Pair(1, 10), Pair(2, 10), Pair(3, 10)));
}

TEST_F(WeightedRoundRobinTest, PicksAreInProportionToTheWeights) {
  policy.on_load_report(1, report(100, 0.1), false);  // 1000
  policy.on_load_report(2, report(100, 0.2), false);  // 500
  policy.on_load_report(3, report(100, 0.4), false);  // 250
  host.fire(policy);
  const auto counts = count_picks(policy, 700);
  EXPECT_NEAR(counts.at(1), 400, 1);
  EXPECT_NEAR(counts.at(2), 200, 1);
  EXPECT_NEAR(counts.at(3), 100, 1);
}

TEST_F(WeightedRoundRobinTest, ReportsCountFromTheNextUpdateOn) {
  policy.on_load_report(1, report(100, 0.1), false);
  policy.on_load_report(2, report(100, 0.9), false);
  EXPECT_THAT(count_picks(policy, 3), ElementsAre(Pair(1, 1), Pair(2, 1), Pair(3, 1)));
  EXPECT_EQ(host.armed, host.now() + seconds{1});
  host.fire(policy);
  EXPECT_GT(count_picks(policy, 30).at(1), 15);
}

TEST_F(WeightedRoundRobinTest, ABackendWithoutAWeightGetsTheMean) {
  policy.on_load_report(1, report(300, 1), false);
  policy.on_load_report(2, report(100, 1), false);
  host.fire(policy);
  const auto counts = count_picks(policy, 600);
  EXPECT_NEAR(counts.at(1), 300, 1);
  EXPECT_NEAR(counts.at(2), 100, 1);
  EXPECT_NEAR(counts.at(3), 200, 1);
}

TEST_F(WeightedRoundRobinTest, OneWeightAloneIsNotUsed) {
  policy.on_load_report(1, report(1000, 0.1), false);
  host.fire(policy);
  EXPECT_THAT(count_picks(policy, 30), ElementsAre(Pair(1, 10), Pair(2, 10), Pair(3, 10)));
}

TEST_F(WeightedRoundRobinTest, UnchangedWeightsKeepTheTurn) {
  std::map<BackendId, int> counts;
  for (int i = 0; i < 30; ++i) {
    ++counts[picked(policy)];
    host.fire(policy);
  }
  EXPECT_THAT(counts, ElementsAre(Pair(1, 10), Pair(2, 10), Pair(3, 10)));
}

TEST_F(WeightedRoundRobinTest, OnlyReportsOfTheKindAskedForCount) {
  WeightedRoundRobin by_stream{{.enable_oob_load_report = true, .blackout_period = Duration::zero()}, host};
  by_stream.set_backends(backends(2));
  make_ready(by_stream, {1, 2});
  by_stream.on_load_report(1, report(900, 1), false);
  by_stream.on_load_report(2, report(100, 1), false);
  host.fire(by_stream);
  EXPECT_THAT(count_picks(by_stream, 20), ElementsAre(Pair(1, 10), Pair(2, 10)));
  by_stream.on_load_report(1, report(900, 1), true);
  by_stream.on_load_report(2, report(100, 1), true);
  host.fire(by_stream);
  EXPECT_NEAR(count_picks(by_stream, 20).at(1), 18, 1);
}

TEST_F(WeightedRoundRobinTest, ReportsOfUnknownBackendsAreIgnored) {
  policy.on_load_report(9, report(900, 1), false);
  host.fire(policy);
  EXPECT_THAT(count_picks(policy, 3), ElementsAre(Pair(1, 1), Pair(2, 1), Pair(3, 1)));
}

TEST_F(WeightedRoundRobinTest, ALostBackendIsNotPicked) {
  policy.on_load_report(1, report(900, 1), false);
  policy.on_load_report(2, report(100, 1), false);
  host.fire(policy);
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_THAT(count_picks(policy, 10), ElementsAre(Pair(2, 5), Pair(3, 5)));
}

TEST_F(WeightedRoundRobinTest, TheTimerRunsOnlyWhileThereIsAChoice) {
  set_state(policy, 1, Connectivity::kIdle);
  EXPECT_NE(host.armed, TimePoint::max());
  set_state(policy, 2, Connectivity::kIdle);
  EXPECT_EQ(host.armed, TimePoint::max());
}

TEST(WeightedRoundRobin, TheUpdatePeriodIsAtLeast100Milliseconds) {
  FakeHost host;
  WeightedRoundRobin policy{{.weight_update_period = milliseconds{1}}, host};
  policy.set_backends(backends(2));
  make_ready(policy, {1, 2});
  EXPECT_EQ(host.armed, host.now() + milliseconds{100});
}

TEST(EffectiveWeights, UnknownOnesAreTheMeanOfTheKnown) {
  EXPECT_THAT(effective_weights({2, 0, 4}), ElementsAre(DoubleEq(2), DoubleEq(3), DoubleEq(4)));
  EXPECT_THAT(effective_weights({0, 7}), ElementsAre(1, 1));
  EXPECT_THAT(effective_weights({0, 0}), ElementsAre(1, 1));
}

TEST(EffectiveWeights, StayNearTheMean) {
  EXPECT_THAT(effective_weights({199.999, 0.001}), ElementsAre(DoubleEq(199.999), DoubleEq(1)));
  std::vector<double> weights(99, 1);
  weights.push_back(1901);
  EXPECT_DOUBLE_EQ(effective_weights(weights).back(), 200);
}

struct BackendWeightTest : testing::Test {
  double after(const LoadReport& load) {
    weight.update(load, config, host.now());
    return weight.get(config, host.now());
  }

  FakeHost host;
  WeightedRoundRobinConfig config{.blackout_period = Duration::zero(),
                                  .weight_expiration_period = seconds{60}};
  BackendWeight weight;
};

TEST_F(BackendWeightTest, IsTheRateOverTheUtilization) { EXPECT_DOUBLE_EQ(after(report(100, 0.5)), 200); }

TEST_F(BackendWeightTest, ErrorsCountAsUtilizationTimesThePenalty) {
  EXPECT_DOUBLE_EQ(after(report(100, 0.5, 50)), 100);
  config.error_utilization_penalty = 3;
  EXPECT_DOUBLE_EQ(after(report(100, 0.5, 50)), 50);
  config.error_utilization_penalty = 0;
  EXPECT_DOUBLE_EQ(after(report(100, 0.5, 50)), 200);
}

TEST_F(BackendWeightTest, TheUtilizationOfTheApplicationIsPreferred) {
  EXPECT_DOUBLE_EQ(
      after({.cpu_utilization = 0.9, .application_utilization = 0.5, .requests_per_second = 100}), 200);
  EXPECT_DOUBLE_EQ(after({.cpu_utilization = 0.25, .requests_per_second = 100}), 400);
}

TEST_F(BackendWeightTest, AReportThatSaysNothingChangesNothing) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double before = after(report(100, 0.5));
  for (const LoadReport& empty :
       {report(0, 0.5), report(100, 0), report(-1, 0.5), report(100, -1), report(nan, 0.5), report(100, nan),
        report(1e308, 1e-300), report(100, 0.5, 1e308 * 10)}) {
    EXPECT_DOUBLE_EQ(after(empty), before);
  }
}

TEST_F(BackendWeightTest, IsNotUsedDuringTheBlackout) {
  config.blackout_period = seconds{10};
  EXPECT_EQ(after(report(100, 0.5)), 0);
  host.advance(milliseconds{9999});
  EXPECT_EQ(after(report(100, 0.5)), 0);
  host.advance(milliseconds{1});
  EXPECT_DOUBLE_EQ(weight.get(config, host.now()), 200);
}

TEST_F(BackendWeightTest, ANewConnectionBeginsANewBlackout) {
  config.blackout_period = seconds{10};
  after(report(100, 0.5));
  host.advance(seconds{10});
  weight.on_ready();
  EXPECT_EQ(after(report(100, 0.5)), 0);
  host.advance(seconds{10});
  EXPECT_DOUBLE_EQ(weight.get(config, host.now()), 200);
}

TEST_F(BackendWeightTest, ExpiresAndIsBlackedOutAnew) {
  config.blackout_period = seconds{10};
  after(report(100, 0.5));
  host.advance(seconds{60});
  EXPECT_EQ(weight.get(config, host.now()), 0);
  EXPECT_EQ(after(report(100, 0.5)), 0);
  host.advance(seconds{10});
  EXPECT_DOUBLE_EQ(weight.get(config, host.now()), 200);
}

TEST(EdfScheduler, SpreadsPicksEvenly) {
  FakeHost host;
  EdfScheduler scheduler{std::vector<double>{3, 1}, host};
  int rare = 0;
  int gap = 0;
  for (int i = 0; i < 400; ++i) {
    ++gap;
    if (scheduler.next() == 0) continue;
    ++rare;
    EXPECT_LE(gap, 5);
    gap = 0;
  }
  EXPECT_NEAR(rare, 100, 1);
}

}  // namespace
}  // namespace parlance::balancing
