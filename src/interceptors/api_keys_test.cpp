#include "interceptors/api_keys.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

TEST(ApiKeys, StandForTheNamesBesideThem) {
  const auto keys = ApiKeys::parse("# who  token\n\nalice  0123456789abcdef\r\n\tbob\t0123456789abcdeg");
  ASSERT_TRUE(keys) << keys.error();
  EXPECT_EQ(keys->size(), 2);
  EXPECT_EQ(keys->find("0123456789abcdef"), "alice");
  EXPECT_EQ(keys->find("0123456789abcdeg"), "bob");
  for (const char* other : {"", "alice", "0123456789abcde", "0123456789abcdef ", "0123456789abcdefg"}) {
    EXPECT_FALSE(keys->find(other)) << other;
  }
}

TEST(ApiKeys, ErrorsNameTheLineAndNotWhatStandsThere) {
  EXPECT_EQ(ApiKeys::parse("\nsecret0123456789").error(), "line 2: expected a name, a blank and a token");
  EXPECT_EQ(ApiKeys::parse("a short").error(), "line 1: the token has fewer than 16 characters");
  EXPECT_EQ(ApiKeys::parse("a two tokens of some length").error(), "line 1: a token has no blanks");
}

TEST(ApiKeys, AnEmptyFileLetsNobodyIn) {
  const auto keys = ApiKeys::parse("");
  ASSERT_TRUE(keys);
  EXPECT_FALSE(keys->find(""));
}

}  // namespace
}  // namespace parlance::interceptors
