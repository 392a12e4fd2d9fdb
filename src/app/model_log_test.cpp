#include "app/model_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST(ModelLog, AReceiptSaysWhatWasFreedAndWhoWasWaitedFor) {
  const models::MemoryReceipt receipt{
      .rss_before_bytes = 300, .rss_after_bytes = 200, .pinned = 2, .waited = 1500us};
  EXPECT_THAT(
      receipt_fields({.model = "digits", .version = 3}, receipt),
      ElementsAre(Pair("model", "digits"), Pair("version", "3"), Pair("rss_before_bytes", "300"),
                  Pair("rss_after_bytes", "200"), Pair("pinned_requests", "2"), Pair("waited", "2ms")));
}

}  // namespace
}  // namespace parlance::app
