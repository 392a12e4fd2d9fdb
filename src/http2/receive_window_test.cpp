#include "http2/receive_window.h"

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

TEST(ReceiveWindow, UpdateIsDueAtHalf) {
  ReceiveWindow window{1000};
  ASSERT_TRUE(window.take(800));
  window.give_back(499);
  EXPECT_EQ(window.take_update(), 0U);
  window.give_back(1);
  EXPECT_EQ(window.take_update(), 500U);
  EXPECT_EQ(window.available_bytes(), 700);
  EXPECT_EQ(window.held_bytes(), 300);
  EXPECT_EQ(window.take_update(), 0U);
}

TEST(ReceiveWindow, MoreThanWasAnnouncedIsRefused) {
  ReceiveWindow window{1000};
  EXPECT_TRUE(window.take(1000));
  EXPECT_TRUE(window.take(0));
  EXPECT_FALSE(window.take(1));
}

TEST(ReceiveWindow, DataNotTakenHoldsTheWindowBack) {
  ReceiveWindow window{1000};
  ASSERT_TRUE(window.take(1000));
  EXPECT_EQ(window.take_update(), 0U);
  EXPECT_EQ(window.held_bytes(), 1000);
}

TEST(ReceiveWindow, GrowthIsAnnouncedByTheNextUpdate) {
  ReceiveWindow window{1000};
  window.grow(1000);
  EXPECT_EQ(window.size_bytes(), 2000);
  EXPECT_EQ(window.take_update(), 1000U);
  EXPECT_EQ(window.available_bytes(), 2000);
}

TEST(ReceiveWindow, GrowthThroughSettingsNeedsNoUpdate) {
  ReceiveWindow window{1000};
  ASSERT_TRUE(window.take(1000));
  window.adjust_announced(1000);
  EXPECT_EQ(window.take_update(), 0U);
  EXPECT_TRUE(window.take(1000));
}

// RFC 9113 section 6.9.2, seen from the receiver.
TEST(ReceiveWindow, ShrinkingMayMakeItNegative) {
  ReceiveWindow window{65'535};
  ASSERT_TRUE(window.take(60'000));
  window.adjust_announced(16'384 - 65'535);
  EXPECT_EQ(window.available_bytes(), -43'616);
  EXPECT_TRUE(window.take(0));
  EXPECT_FALSE(window.take(1));
  window.give_back(60'000);
  EXPECT_EQ(window.take_update(), 60'000U);
  EXPECT_EQ(window.available_bytes(), 16'384);
}

TEST(ReceiveWindowDeathTest, GivingBackMoreThanCameBreaksTheContract) {
  ReceiveWindow window{1000};
  ASSERT_TRUE(window.take(10));
  EXPECT_DEATH(window.give_back(11), "more than was received");
}

}  // namespace
}  // namespace parlance::http2
