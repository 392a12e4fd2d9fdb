#include "base/memory_budget.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace parlance {
namespace {

constexpr std::size_t kStep = MemoryLease::kStepBytes;

TEST(MemoryBudget, GivesNothingBeyondItsLimit) {
  MemoryBudget budget{100};
  EXPECT_TRUE(budget.try_take(60));
  EXPECT_FALSE(budget.try_take(41));
  EXPECT_EQ(budget.taken_bytes(), 60);
  EXPECT_TRUE(budget.try_take(40));
  EXPECT_FALSE(budget.try_take(1));
  budget.give_back(100);
  EXPECT_EQ(budget.taken_bytes(), 0);
  EXPECT_EQ(budget.most_taken_bytes(), 100);
}

TEST(MemoryBudget, SparesWhatItIsAskedToSpare) {
  MemoryBudget budget{100};
  EXPECT_FALSE(budget.try_take(91, 10));
  EXPECT_TRUE(budget.try_take(90, 10));
  EXPECT_FALSE(budget.try_take(1, 10));
  EXPECT_TRUE(budget.try_take(10));
  EXPECT_FALSE(budget.try_take(1, 200));
}

TEST(MemoryBudget, CountsMemoryInUseBeyondTheLimitAndGivesNothingMoreThen) {
  MemoryBudget budget{100};
  budget.take(150);
  EXPECT_FALSE(budget.try_take(0));
  budget.give_back(60);
  EXPECT_TRUE(budget.try_take(10));
  EXPECT_EQ(budget.most_taken_bytes(), 150);
}

TEST(MemoryBudget, ThreadsTogetherStayWithinTheLimit) {
  MemoryBudget budget{1000};
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&budget] {
      for (int round = 0; round < 10'000; ++round) {
        if (budget.try_take(300)) budget.give_back(300);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(budget.taken_bytes(), 0);
  EXPECT_LE(budget.most_taken_bytes(), 1000);
}

TEST(MemoryLease, TakesInStepsAndKeepsAStep) {
  MemoryBudget budget{10 * kStep};
  MemoryLease lease{budget};
  lease.recharge(0, 1);
  EXPECT_EQ(budget.taken_bytes(), kStep);
  lease.recharge(1, kStep);
  EXPECT_EQ(budget.taken_bytes(), kStep);
  lease.recharge(kStep, 5 * kStep);
  EXPECT_EQ(budget.taken_bytes(), 5 * kStep);
  lease.recharge(5 * kStep, 3 * kStep);
  EXPECT_EQ(budget.taken_bytes(), 5 * kStep);
  lease.recharge(3 * kStep, 100);
  EXPECT_EQ(budget.taken_bytes(), kStep + 100);
  EXPECT_EQ(lease.used_bytes(), 100);
}

TEST(MemoryLease, TheLastBytesOfABudgetCanBeUsed) {
  MemoryBudget budget{kStep + 10};
  MemoryLease lease{budget};
  ASSERT_TRUE(lease.reserve(kStep));
  lease.recharge(0, kStep);
  EXPECT_FALSE(lease.reserve(11));
  EXPECT_TRUE(lease.reserve(10));
  lease.recharge(0, 10);
  EXPECT_EQ(budget.taken_bytes(), kStep + 10);
  EXPECT_FALSE(lease.reserve(1));
}

TEST(MemoryLease, WhatIsReservedIsNotUsedYet) {
  MemoryBudget budget{kStep};
  MemoryLease lease{budget};
  EXPECT_TRUE(lease.reserve(kStep));
  EXPECT_EQ(lease.used_bytes(), 0);
  EXPECT_TRUE(lease.reserve(kStep));
  MemoryLease other{budget};
  EXPECT_FALSE(other.reserve(1));
}

TEST(MemoryLease, CountsWhatIsInUseAnyway) {
  MemoryBudget budget{10};
  MemoryLease lease{budget};
  lease.recharge(0, 30);
  EXPECT_EQ(budget.taken_bytes(), 30);
  EXPECT_FALSE(lease.reserve(1));
}

TEST(MemoryLease, GivesAllBackAtItsEnd) {
  MemoryBudget budget{10 * kStep};
  {
    MemoryLease lease{budget};
    lease.recharge(0, 3 * kStep);
  }
  EXPECT_EQ(budget.taken_bytes(), 0);
}

TEST(MemoryPressure, ProducersGetLessFromAQuarterOnAndNothingFromThreeQuartersOn) {
  EXPECT_EQ(share_for_producers(0, 1000), 1);
  EXPECT_EQ(share_for_producers(250, 1000), 1);
  EXPECT_EQ(share_for_producers(500, 1000), 0.5);
  EXPECT_EQ(share_for_producers(750, 1000), 0);
  EXPECT_EQ(share_for_producers(2000, 1000), 0);
  EXPECT_EQ(share_for_producers(2000, MemoryBudget::kUnlimited), 1);
}

TEST(MemoryPressure, IsShortFromSevenEighthsOn) {
  EXPECT_FALSE(is_short(874, 1000));
  EXPECT_TRUE(is_short(875, 1000));
  EXPECT_FALSE(is_short(1U << 30, MemoryBudget::kUnlimited));
}

}  // namespace
}  // namespace parlance
