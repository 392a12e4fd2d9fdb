#include "load/arrivals.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <vector>

namespace parlance::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr TimePoint kBegin{seconds{100}};

std::vector<Duration> all_of(Arrivals arrivals) {
  std::vector<Duration> moments;
  while (arrivals.left() > 0) moments.push_back(arrivals.take() - kBegin);
  return moments;
}

TEST(Arrivals, AreEvenlySpacedFromTheBeginning) {
  EXPECT_THAT(all_of(Arrivals{kBegin, 1'000, 4}),
              testing::ElementsAre(milliseconds{0}, milliseconds{1}, milliseconds{2}, milliseconds{3}));
}

TEST(Arrivals, WithoutAnyThereIsNoNext) {
  EXPECT_EQ(Arrivals{}.next(), TimePoint::max());
  EXPECT_EQ((Arrivals{kBegin, 1'000, 0}.next()), TimePoint::max());
  EXPECT_EQ((Arrivals{kBegin, 1'000, 1, 1, 2}.left()), 0U);
}

TEST(Arrivals, AreDueAtTheirMomentWhateverWasLate) {
  Arrivals arrivals{kBegin, 1'000, 10};
  EXPECT_TRUE(arrivals.due(kBegin));
  arrivals.take();
  EXPECT_FALSE(arrivals.due(kBegin + microseconds{999}));
  const TimePoint late = kBegin + milliseconds{7};
  int taken = 0;
  while (arrivals.due(late)) {
    EXPECT_EQ(arrivals.take(), kBegin + milliseconds{++taken});  // the moment meant, not the late one
  }
  EXPECT_EQ(taken, 7);
}

TEST(Arrivals, RoundingsDoNotAddUp) {
  Arrivals arrivals{kBegin, 3, 3'000'001};
  for (int i = 0; i < 3'000'000; ++i) arrivals.take();
  EXPECT_EQ(arrivals.next() - kBegin, seconds{1'000'000});
}

TEST(Arrivals, SharesTakeTurnsAndMissNone) {
  std::vector<Duration> together;
  for (unsigned share = 0; share < 3; ++share) {
    const Arrivals arrivals{kBegin, 10'000, 100, share, 3};
    EXPECT_EQ(arrivals.left(), share == 0 ? 34U : 33U);
    const auto part = all_of(arrivals);
    EXPECT_EQ(part.size(), arrivals.left());
    together.insert(together.end(), part.begin(), part.end());
  }
  std::ranges::sort(together);
  EXPECT_EQ(together, all_of(Arrivals{kBegin, 10'000, 100}));
}

TEST(Arrivals, WithinALengthAreThoseBeforeItsEnd) {
  EXPECT_EQ(Arrivals::within(seconds{2}, 1'000), 2'000U);
  EXPECT_EQ(Arrivals::within(milliseconds{1'500}, 1), 2U);  // at 0 s and at 1 s
  EXPECT_EQ(Arrivals::within(milliseconds{100}, 1), 1U);
  EXPECT_EQ(Arrivals::within(Duration::zero(), 1'000), 0U);
  EXPECT_EQ(Arrivals::within(milliseconds{700}, 10), 7U);
}

}  // namespace
}  // namespace parlance::load
