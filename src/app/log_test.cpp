#include "app/log.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

TEST(LogLine, TextQuotesWhatWouldNotReadBack) {
  EXPECT_EQ(text_log_line("listening", {{"address", "[::]:50051"}, {"note", "two words"}, {"empty", ""}}),
            R"(listening  address=[::]:50051  note="two words"  empty="")");
  EXPECT_EQ(text_log_line("stopped", {}), "stopped");
}

TEST(LogLine, JsonIsAlwaysJson) {
  EXPECT_EQ(json_log_members("said \"hi\"\n", {{"b", "1"}, {"a", "x\ty"}}),
            R"("msg":"said \"hi\"\n","fields":{"b":"1","a":"x\ty"})");
  EXPECT_EQ(json_log_members("no fields", {}), R"("msg":"no fields")");
  EXPECT_EQ(json_log_members("not UTF-8: \xff", {}), "\"msg\":\"not UTF-8: \uFFFD\"");
}

}  // namespace
}  // namespace parlance::app
