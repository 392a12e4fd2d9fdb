#include "services/binary_log_filter.h"

#include <gtest/gtest.h>

namespace parlance::services {
namespace {

constexpr std::uint64_t kAll = BinaryLogLimits::kAll;
constexpr BinaryLogLimits kEverything{};

BinaryLogFilter parsed(std::string_view text) {
  auto filter = BinaryLogFilter::parse(text);
  EXPECT_TRUE(filter) << filter.error();
  return filter.value_or(BinaryLogFilter{});
}

TEST(BinaryLogFilter, EmptyLogsNothing) { EXPECT_EQ(parsed("").limits_of("/a.B/C"), std::nullopt); }

TEST(BinaryLogFilter, AStarIsEveryCall) { EXPECT_EQ(parsed("*").limits_of("/a.B/C"), kEverything); }

TEST(BinaryLogFilter, AServiceIsAllItsMethods) {
  const BinaryLogFilter filter = parsed("a.B/*");
  EXPECT_EQ(filter.limits_of("/a.B/C"), kEverything);
  EXPECT_EQ(filter.limits_of("/a.B2/C"), std::nullopt);
  EXPECT_EQ(filter.limits_of("/a/B"), std::nullopt);
}

TEST(BinaryLogFilter, TheMostSpecialRuleCountsWhateverTheirOrder) {
  for (const char* text : {"*{h:1},a.B/*{h:2},a.B/C{h:3},-a.B/D", "-a.B/D,a.B/C{h:3},a.B/*{h:2},*{h:1}"}) {
    const BinaryLogFilter filter = parsed(text);
    EXPECT_EQ(filter.limits_of("/x.Y/Z"), (BinaryLogLimits{1, 0})) << text;
    EXPECT_EQ(filter.limits_of("/a.B/E"), (BinaryLogLimits{2, 0})) << text;
    EXPECT_EQ(filter.limits_of("/a.B/C"), (BinaryLogLimits{3, 0})) << text;
    EXPECT_EQ(filter.limits_of("/a.B/D"), std::nullopt) << text;
  }
}

TEST(BinaryLogFilter, LimitsAreForHeadersAndForMessages) {
  const struct {
    const char* text;
    BinaryLogLimits limits;
  } cases[] = {
      {"*{h}", {kAll, 0}},         {"*{m}", {0, kAll}},           {"*{h;m}", {kAll, kAll}},
      {"*{h:256}", {256, 0}},      {"*{m:1024}", {0, 1024}},      {"*{h:256;m:1024}", {256, 1024}},
      {"*{h:256;m}", {256, kAll}}, {"*{h;m:1024}", {kAll, 1024}}, {"*{h:0;m:0}", {0, 0}},
  };
  for (const auto& [text, limits] : cases) EXPECT_EQ(parsed(text).limits_of("/a.B/C"), limits) << text;
}

TEST(BinaryLogFilter, SaysWhatIsWrong) {
  const struct {
    const char* text;
    const char* why;
  } cases[] = {
      {"a.B", "it is none of *, service/*, service/method, -service/method"},
      {"/a.B/C", "it is none of"},
      {"a.B/", "it is none of"},
      {"*/C", "it is none of"},
      {"a.B/C/D", "it is none of"},
      {"a.B/C*", "it is none of"},
      {"-*", "it is none of"},
      {"-a.B/*", "only single methods can be left out"},
      {"-a.B/C{h}", "what is not logged has no limits"},
      {"*,*", "there are two for every call"},
      {"a.B/*,a.B/*{h}", "there are two for this service"},
      {"a.B/C,-a.B/C", "there are two for this method"},
      {"*{h", "the limits do not end with '}'"},
      {"*{}", "limits are"},
      {"*{x}", "limits are"},
      {"*{h:}", "limits are"},
      {"*{h:-1}", "limits are"},
      {"*{h:1k}", "limits are"},
      {"*{m;h}", "limits are"},
      {"*{h;h}", "limits are"},
      {"*{h;}", "limits are"},
      {"*{h:99999999999999999999}", "limits are"},
      {"*,", "there is none behind the last comma"},
      {",*", "it is none of"},
  };
  for (const auto& [text, why] : cases) {
    const auto filter = BinaryLogFilter::parse(text);
    ASSERT_FALSE(filter) << text;
    EXPECT_NE(filter.error().find(why), std::string::npos) << text << ": " << filter.error();
  }
}

}  // namespace
}  // namespace parlance::services
