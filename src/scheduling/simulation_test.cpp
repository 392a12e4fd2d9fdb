// The queue of a version against thousands of random arrivals, on a clock of its own.

#include <gtest/gtest.h>

#include "scheduling/testing/simulation.h"

namespace parlance::scheduling {
namespace {

using models::QueueOrder;
using testing::RunModel;
using testing::Simulation;
using testing::Source;
using namespace std::chrono_literals;

/// Requests answered in time, as a part of what one instance could answer if it never rested.
double goodput(Simulation& simulation, Duration length, double capacity_per_second) {
  const double seconds = std::chrono::duration<double>(length).count();
  return static_cast<double>(simulation.tally(0).in_time) / (capacity_per_second * seconds);
}

TEST(Overload, ThreeTimesOverloadKeepsNineTenthsOfTheCapacity) {
  constexpr Duration kLength = 20s;
  for (const double jitter : {0.0, 0.1, 0.3}) {
    SCOPED_TRACE(jitter);
    Simulation simulation{{}, {.base = 8ms, .jitter = jitter}, 1};
    simulation.run({{.per_second = 375, .timeout = 100ms}}, kLength);
    EXPECT_GE(goodput(simulation, kLength, 125), 0.9);
    EXPECT_EQ(simulation.dead_work(), 0U);
    EXPECT_LE(simulation.tally(0).late, simulation.tally(0).in_time / 50);
  }
}

TEST(Overload, FirstInFirstOutCollapses) {
  constexpr Duration kLength = 20s;
  Simulation simulation{{.limits = {.order = QueueOrder::kArrival}}, {.base = 8ms}, 1};
  simulation.run({{.per_second = 375, .timeout = 100ms}}, kLength);
  EXPECT_LE(goodput(simulation, kLength, 125), 0.1);
  EXPECT_GE(simulation.dead_work(), simulation.tally(0).came / 4);
}

TEST(Overload, BatchesStayLarge) {
  constexpr Duration kLength = 8s;
  for (const double jitter : {0.0, 0.1, 0.3}) {
    for (const Duration timeout : {40ms, 100ms, 400ms}) {
      SCOPED_TRACE(::testing::PrintToString(jitter) + " " + ::testing::PrintToString(timeout / 1ms));
      Simulation simulation{{.limits = {.max_batch = 16, .max_delay = 5ms}},
                            {.base = 8ms, .per_row = 500us, .jitter = jitter},
                            2};
      simulation.run({{.per_second = 3000, .timeout = timeout}}, kLength);  // 16 rows in 16 ms
      EXPECT_GE(goodput(simulation, kLength, 1000), 0.9);
      EXPECT_EQ(simulation.dead_work(), 0U);
    }
  }
}

TEST(Overload, SeveralInstancesShareIt) {
  constexpr Duration kLength = 8s;
  Simulation simulation{{.instances = 4}, {.base = 8ms, .jitter = 0.1}, 3};
  simulation.run({{.per_second = 1500, .timeout = 100ms}}, kLength);
  EXPECT_GE(goodput(simulation, kLength, 500), 0.9);
}

TEST(LightLoad, NobodyIsRefusedAndNobodyWaitsLongerThanMaxDelay) {
  Simulation simulation{{.limits = {.max_batch = 16, .max_delay = 5ms}}, {.base = 2ms, .per_row = 100us}, 4};
  simulation.run({{.per_second = 100, .timeout = 100ms}}, 10s);
  EXPECT_EQ(simulation.tally(0).in_time, simulation.tally(0).came);
  EXPECT_LE(simulation.tally(0).percentile(99), 12ms) << "a delay, the rest of a run, a run";
}

TEST(FairShare, AFloodDoesNotStarveTheCalm) {
  for (const std::size_t max_size : {1024, 16}) {
    SCOPED_TRACE(max_size);
    Simulation simulation{{.max_size = max_size}, {.base = 8ms, .jitter = 0.1}, 5};
    simulation.run({{.client = "flood", .per_second = 1000, .timeout = 100ms},
                    {.client = "calm", .per_second = 20, .timeout = 100ms}},
                   20s);
    testing::Tally& calm = simulation.tally(1);
    EXPECT_GE(calm.in_time, calm.came * 98 / 100);
    EXPECT_LE(calm.percentile(99), 40ms) << "what runs, one of the flood, its own";
    EXPECT_GE(simulation.tally(0).in_time, 95U * 20);
  }
}

TEST(FairShare, TwoFloodsGetHalfEach) {
  Simulation simulation{{}, {.base = 8ms}, 6};
  simulation.run({{.client = "large", .per_second = 1000, .timeout = 100ms},
                  {.client = "small", .per_second = 200, .timeout = 100ms}},
                 20s);
  const auto large = static_cast<double>(simulation.tally(0).in_time);
  const auto small = static_cast<double>(simulation.tally(1).in_time);
  EXPECT_NEAR(small / (large + small), 0.5, 0.05);
}

TEST(Priority, TheHighestIsServedFirst) {
  Simulation simulation{{}, {.base = 8ms}, 7};
  simulation.run({{.client = "low", .per_second = 400, .timeout = 100ms, .priority = 2},
                  {.client = "high", .per_second = 50, .timeout = 100ms, .priority = 1}},
                 20s);
  EXPECT_GE(simulation.tally(1).in_time, simulation.tally(1).came * 98 / 100);
}

TEST(Controller, SettlesNearItsTarget) {
  for (const Duration target : {30ms, 50ms, 100ms}) {
    SCOPED_TRACE(target / 1ms);
    const BatchQueueOptions options{.limits = {.max_batch = 64}, .target_p99 = target};
    Simulation simulation{options, {.base = 5ms, .per_row = 200us, .jitter = 0.1}, 8};
    simulation.run({{.per_second = 500}}, 40s);
    testing::Tally& all = simulation.tally(0);
    const std::size_t settled = all.latencies.size() / 2;
    all.latencies.erase(all.latencies.begin(), all.latencies.begin() + static_cast<std::ptrdiff_t>(settled));
    EXPECT_GE(all.percentile(99), target * 7 / 10);
    EXPECT_LE(all.percentile(99), target * 11 / 10);
  }
}

TEST(Controller, FollowsALoadThatGrows) {
  const BatchQueueOptions options{.limits = {.max_batch = 64}, .target_p99 = 50ms};
  Simulation simulation{options, {.base = 5ms, .per_row = 200us, .jitter = 0.1}, 9};
  simulation.run({{.per_second = 1500, .timeout = 200ms}}, 20s);
  testing::Tally& all = simulation.tally(0);
  EXPECT_GE(all.in_time, all.came * 99 / 100);
  EXPECT_LE(all.percentile(99), 60ms);
}

TEST(AnyLoad, KeepsTheInvariants) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(::testing::PrintToString(seed));
    std::mt19937_64 random{seed};
    const auto upto = [&random](std::uint64_t most) { return random() % (most + 1); };
    BatchQueueOptions options{.limits = {.max_batch = 1 + upto(15), .max_delay = upto(10) * 1ms},
                              .max_size = 1 + upto(100),
                              .instances = static_cast<unsigned>(1 + upto(3))};
    if (upto(2) == 0) options.limits.preferred = {2, 4};
    if (upto(3) == 0) options.target_p99 = (20 + upto(80)) * 1ms;
    options.limits.in_order = upto(3) == 0;
    const std::size_t max_batch = options.limits.max_batch;
    const std::size_t max_size = options.max_size;
    std::vector<Source> sources;
    for (std::uint64_t i = 0; i <= upto(4); ++i)
      sources.push_back({.client = std::string(1, static_cast<char>('a' + i)),
                         .per_second = 1.0 + static_cast<double>(upto(500)),
                         .timeout = upto(4) == 0 ? Duration::max() : Duration{(1 + upto(200)) * 1ms},
                         .priority = upto(2) == 0 ? kLowestPriority : static_cast<std::uint32_t>(1 + upto(2)),
                         .most_rows = 1 + upto(max_batch - 1),
                         .shapes = 1 + upto(2)});
    Simulation simulation{
        options, {.base = 1ms + upto(10) * 1ms, .per_row = upto(5) * 100us, .jitter = 0.3}, seed};
    simulation.run(sources, 5s);
    EXPECT_EQ(simulation.dead_work(), 0U);
    EXPECT_LE(simulation.most_waiting(), max_size);
    EXPECT_TRUE(max_batch == 1 || simulation.largest_batch() <= max_batch) << simulation.largest_batch();
    EXPECT_TRUE(simulation.drained()) << "everybody was answered";
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const testing::Tally& tally = simulation.tally(i);
      EXPECT_EQ(tally.came, tally.in_time + tally.late + tally.refused + tally.left_out);
    }
  }
}

}  // namespace
}  // namespace parlance::scheduling
