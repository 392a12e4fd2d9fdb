#include "app/chat_stats.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using std::chrono::milliseconds;

TEST(ChatStats, SaySoWhileThereIsNoAnswer) {
  ChatStats stats;
  stats.add({});
  EXPECT_EQ(stats.text(), "no answer yet\n");
}

TEST(ChatStats, ShowTheLastAnswerAndAll) {
  ChatStats stats;
  stats.add({.tokens = 11, .first = milliseconds{10}, .last = milliseconds{110}});
  EXPECT_EQ(stats.text(),
            "               tokens  tokens/s  first token\n"
            "  last answer      11       100      10.0 ms\n"
            "  1 answer         11       100      10.0 ms\n");
  stats.add({.tokens = 21, .first = milliseconds{30}, .last = milliseconds{430}});
  EXPECT_EQ(stats.text(),
            "               tokens  tokens/s  first token\n"
            "  last answer      21      50.0      30.0 ms\n"
            "  2 answers        32      60.0      20.0 ms\n");
}

TEST(ChatStats, OneTokenHasNoRate) {
  ChatStats stats;
  stats.add({.tokens = 1, .first = milliseconds{10}, .last = milliseconds{10}});
  EXPECT_EQ(stats.text(),
            "               tokens  tokens/s  first token\n"
            "  last answer       1         -      10.0 ms\n"
            "  1 answer          1         -      10.0 ms\n");
}

}  // namespace
}  // namespace parlance::app
