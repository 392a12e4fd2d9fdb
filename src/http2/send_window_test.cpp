#include "http2/send_window.h"

#include <gtest/gtest.h>

namespace parlance::http2 {
namespace {

TEST(SendWindow, AllowsWhatIsLeft) {
  SendWindow window{kDefaultWindowBytes};
  window.spend(60'000);
  EXPECT_EQ(window.available_bytes(), 5'535U);
}

// RFC 9113 section 6.9.2; the worked example of send_window.h.
TEST(SendWindow, MayBecomeNegativeAndThenAllowsNothing) {
  SendWindow window{65'535};
  window.spend(60'000);
  EXPECT_TRUE(window.adjust(16'384 - 65'535));
  EXPECT_EQ(window.value(), -43'616);
  EXPECT_EQ(window.available_bytes(), 0U);
  EXPECT_TRUE(window.adjust(43'616));
  EXPECT_EQ(window.available_bytes(), 0U);
  EXPECT_TRUE(window.adjust(1));
  EXPECT_EQ(window.available_bytes(), 1U);
}

// RFC 9113 section 6.9.1.
TEST(SendWindow, OverflowIsAnErrorAndChangesNothing) {
  SendWindow window{1};
  EXPECT_TRUE(window.adjust(kMaxWindowBytes - 1));
  EXPECT_EQ(window.available_bytes(), kMaxWindowBytes);
  EXPECT_FALSE(window.adjust(1));
  EXPECT_EQ(window.available_bytes(), kMaxWindowBytes);
}

}  // namespace
}  // namespace parlance::http2
