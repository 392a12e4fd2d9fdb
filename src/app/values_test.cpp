#include "app/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(ParseDuration, ReadsANumberWithAUnit) {
  const std::pair<std::string_view, Duration> cases[] = {
      {"500ms", 500ms}, {"30s", 30s},     {"2m", 2min}, {"1h", 1h},
      {"250us", 250us}, {"1.5s", 1500ms}, {"0s", 0s},
  };
  for (const auto& [text, duration] : cases) EXPECT_EQ(parse_duration(text), duration) << text;
}

TEST(ParseDuration, RefusesEverythingElse) {
  for (const std::string_view text :
       {"", "30", "soon", "ms", "-1s", "1 s", "1s ", "1e3s", "nan s", "infs", "1d", "9999999999h"}) {
    const auto parsed = parse_duration(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("is not a duration")) << text;
  }
}

TEST(FormatDuration, IsReadBackAsTheSame) {
  for (const Duration duration : std::initializer_list<Duration>{0s, 30s, 1500ms, 2min, 90s, 3h, 250us}) {
    EXPECT_EQ(parse_duration(format_duration(duration)), duration) << format_duration(duration);
  }
  EXPECT_EQ(format_duration(90s), "90s");
  EXPECT_EQ(format_duration(2min), "2m");
}

TEST(ParseSize, ReadsBytesAndBinaryUnits) {
  const std::pair<std::string_view, std::size_t> cases[] = {
      {"0", 0},
      {"4194304", 4194304},
      {"4MiB", 4194304},
      {"1.5KiB", 1536},
      {"2GiB", 2147483648},
      {"4294967295", 4294967295},
      {"512M", 536870912},
      {"8K", 8192},
      {"1G", 1073741824},
  };
  for (const auto& [text, bytes] : cases) EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(ParseSize, TakesMoreThanAMessageWhereMoreIsMeant) {
  EXPECT_EQ(parse_size("64G", std::size_t{1} << 40), 68719476736);
  EXPECT_FALSE(parse_size("2048G", std::size_t{1} << 40));
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const std::string_view text : {"", "-1", "4MB", "4 MiB", "MiB", "1e9", "4294967296", "4GiB", "0x10"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(ParseCount, ReadsWholeNumbersUpToAMost) {
  EXPECT_EQ(parse_count("1024", 1024), 1024);
  for (const std::string_view text : {"", "1025", "-1", "1.5", "1x", " 1"}) {
    const auto parsed = parse_count(text, 1024);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("is not a whole number from 0 to 1024"));
  }
}

TEST(ParseNumber, ReadsNumbersOfARange) {
  EXPECT_EQ(parse_number("0.5", 0, 2), 0.5F);
  EXPECT_EQ(parse_number("2", 0, 2), 2.0F);
  for (const std::string_view text : {"", "2.1", "-1", "nan", "inf", "1x", " 1", "1e0"}) {
    const auto parsed = parse_number(text, 0, 2);
    ASSERT_FALSE(parsed) << text;
    EXPECT_THAT(parsed.error(), HasSubstr("is not a number from 0 to 2"));
  }
}

}  // namespace
}  // namespace parlance::app
