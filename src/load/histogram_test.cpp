#include "load/histogram.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

namespace parlance::load {
namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST(Histogram, OfNothingIsZeroEverywhere) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), Duration::zero());
  EXPECT_EQ(histogram.max(), Duration::zero());
  EXPECT_EQ(histogram.mean(), Duration::zero());
  EXPECT_EQ(histogram.percentile(99), Duration::zero());
  EXPECT_TRUE(histogram.distribution().empty());
}

TEST(Histogram, ShortTimesAreExact) {
  Histogram histogram;
  for (int i = 1; i <= 100; ++i) histogram.record(nanoseconds{i});
  EXPECT_EQ(histogram.percentile(50), nanoseconds{50});
  EXPECT_EQ(histogram.percentile(99), nanoseconds{99});
  EXPECT_EQ(histogram.percentile(100), nanoseconds{100});
  EXPECT_EQ(histogram.percentile(0), nanoseconds{1});
  EXPECT_EQ(histogram.min(), nanoseconds{1});
  EXPECT_EQ(histogram.mean(), nanoseconds{51});  // 50.5, rounded
}

TEST(Histogram, PercentilesAreAtMostTheirBucketAboveTheTime) {
  constexpr unsigned kSeed = 7;
  std::mt19937_64 random{kSeed};
  std::lognormal_distribution<double> times{12, 3};
  std::vector<std::int64_t> all;
  Histogram histogram;
  for (int i = 0; i < 20'000; ++i) {
    all.push_back(std::llround(times(random)));
    histogram.record(nanoseconds{all.back()});
  }
  std::ranges::sort(all);
  const std::vector<std::pair<double, std::size_t>> ranks{
      {1, 200}, {25, 5'000}, {50, 10'000}, {90, 18'000}, {99, 19'800}, {99.9, 19'980}, {99.99, 19'998}};
  for (const auto& [percent, rank] : ranks) {
    const std::int64_t exact = all[rank - 1];
    const std::int64_t told = histogram.percentile(percent).count();
    EXPECT_GE(told, exact) << percent;
    EXPECT_LE(told, exact + exact / 256 + 1) << percent;
  }
}

TEST(Histogram, EveryPowerOfTwoAndItsNeighboursKeepTheirOrder) {
  Histogram histogram;
  std::size_t recorded = 0;
  for (int power = 0; power < 42; ++power) {
    for (const std::int64_t beside : {-1, 0, 1}) {
      histogram.record(nanoseconds{(std::int64_t{1} << power) + beside});
      ++recorded;
    }
  }
  const auto points = histogram.distribution();
  EXPECT_TRUE(std::ranges::is_sorted(points, {}, &Histogram::Point::time));
  EXPECT_TRUE(std::ranges::is_sorted(points, {}, &Histogram::Point::share));
  EXPECT_EQ(points.back().share, 1.0);
  EXPECT_EQ(histogram.count(), recorded);
}

TEST(Histogram, TimesOutsideItsRangeCountAtItsEnds) {
  Histogram histogram;
  histogram.record(nanoseconds{-5});
  histogram.record(std::chrono::hours{5});
  EXPECT_EQ(histogram.min(), Duration::zero());
  EXPECT_EQ(histogram.max(), Histogram::kLongest);
  EXPECT_EQ(histogram.percentile(100), Histogram::kLongest);
}

TEST(Histogram, MergedIsAsIfRecordedTogether) {
  Histogram one;
  Histogram two;
  Histogram both;
  for (int i = 1; i < 1'000; ++i) {
    Histogram& part = i % 3 == 0 ? one : two;
    part.record(microseconds{i});
    both.record(microseconds{i});
  }
  one.merge(two);
  EXPECT_EQ(one.distribution(), both.distribution());
  EXPECT_EQ(one.min(), both.min());
  EXPECT_EQ(one.max(), both.max());
  EXPECT_EQ(one.mean(), both.mean());
}

TEST(Histogram, ClearedIsAsNew) {
  Histogram histogram;
  histogram.record(microseconds{9});
  const Histogram before = histogram;
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.percentile(50), Duration::zero());
  EXPECT_EQ(before.count(), 1U);
  EXPECT_EQ(before.percentile(50), microseconds{9});
}

}  // namespace
}  // namespace parlance::load
