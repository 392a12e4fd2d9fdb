#include "dialects/inference/request_input.h"

#include <gtest/gtest.h>

#include <limits>

namespace parlance::dialects::inference {
namespace {

using namespace std::chrono_literals;

TEST(EffectiveDeadline, IsTheEarlierOfBoth) {
  const TimePoint received{1h};
  EXPECT_EQ(effective_deadline(Deadline::never(), 0, received), Deadline::never());
  EXPECT_EQ(effective_deadline(Deadline::never(), 250, received), Deadline{received + 250ms});
  EXPECT_EQ(effective_deadline(Deadline{received + 100ms}, 250, received), Deadline{received + 100ms});
  EXPECT_EQ(effective_deadline(Deadline{received + 300ms}, 250, received), Deadline{received + 250ms});
  EXPECT_EQ(effective_deadline(Deadline{received + 300ms}, 0, received), Deadline{received + 300ms});
}

TEST(EffectiveDeadline, HasPassedWhenItIsNegative) {
  const TimePoint received{1h};
  EXPECT_TRUE(effective_deadline(Deadline::never(), -1, received).expired(received));
  EXPECT_TRUE(effective_deadline(Deadline::never(), std::numeric_limits<std::int64_t>::min(), received)
                  .expired(received));
}

TEST(EffectiveDeadline, DoesNotOverflow) {
  const TimePoint received{1h};
  EXPECT_FALSE(effective_deadline(Deadline::never(), std::numeric_limits<std::int64_t>::max(), received)
                   .expired(received + 24h * 365));
}

}  // namespace
}  // namespace parlance::dialects::inference
