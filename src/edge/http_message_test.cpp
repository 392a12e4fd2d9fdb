#include "edge/http_message.h"

#include <gtest/gtest.h>

namespace parlance::edge {
namespace {

TEST(HttpTarget, IsAPathAndItsQuery) {
  const auto target = parse_target("/models/a%20b?model=digits&version=2&flag&text=a+b%26c&&");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/models/a b");
  const std::vector<HttpField> query{{"model", "digits"}, {"version", "2"}, {"flag", ""}, {"text", "a b&c"}};
  EXPECT_EQ(target->query, query);
}

TEST(HttpTarget, APlusInAPathIsAPlus) { EXPECT_EQ(parse_target("/a+b")->path, "/a+b"); }

TEST(HttpTarget, WhatIsNoPathOrWronglyEscapedIsNone) {
  for (const char* target : {"", "*", "http://host/", "/%", "/%4", "/%zz", "/%+4", "/?a=%"}) {
    EXPECT_FALSE(parse_target(target)) << target;
  }
}

TEST(HttpRequest, FindsFieldsWhateverTheirCase) {
  const HttpRequest request{.query = {{"a", "1"}, {"a", "2"}}, .fields = {{"Content-Type", "text/plain"}}};
  EXPECT_EQ(request.field("content-type"), "text/plain");
  EXPECT_FALSE(request.field("content"));
  EXPECT_EQ(request.query_value("a"), "1");
  EXPECT_FALSE(request.query_value("A"));
}

}  // namespace
}  // namespace parlance::edge
