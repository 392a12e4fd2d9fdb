#include "grpc/error_reasons.h"

#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "base/concat.h"

namespace parlance::grpc {
namespace {

std::string_view text_of(RetryHelps retry) {
  switch (retry) {
    case RetryHelps::kYes:
      return "yes";
    case RetryHelps::kLater:
      return "later";
    case RetryHelps::kNo:
      break;
  }
  return "no";
}

std::string row_of(const ErrorReason& entry) {
  const std::string_view code = entry.code ? to_string(*entry.code) : std::string_view{"by the fault"};
  return concat("| <a id=\"", entry.reason, "\"></a>`", entry.reason, "` | ", code, " | ", entry.when, " | ",
                text_of(entry.retry), " | ", entry.advice, " |\n");
}

std::string rows() {
  std::string all;
  for (const ErrorReason& entry : error_reasons()) all += row_of(entry);
  return all;
}

std::string file(const std::string& name) {
  std::ifstream in{std::string{PARLANCE_SOURCE_DIR "/"} + name};
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(ErrorReasons, AreEachThereOnceAndFound) {
  std::set<std::string_view> reasons;
  for (const ErrorReason& entry : error_reasons()) {
    EXPECT_TRUE(reasons.insert(entry.reason).second) << entry.reason;
    EXPECT_EQ(find_error_reason(entry.reason), &entry);
    EXPECT_TRUE(entry.when.ends_with('.')) << entry.reason;
    EXPECT_TRUE(entry.advice.ends_with('.')) << entry.reason;
  }
  EXPECT_EQ(find_error_reason("NO_SUCH_REASON"), nullptr);
}

TEST(ErrorReasons, AreExactlyTheRowsOfTheDocs) {
  const std::string page = file("docs/errors.md");
  const std::string wanted = rows();
  const std::size_t begin = page.find("| <a id=");
  ASSERT_NE(begin, std::string::npos) << "docs/errors.md has no table; its rows are\n" << wanted;
  EXPECT_EQ(page.substr(begin, page.rfind(" |\n") + 3 - begin), wanted) << "the rows must be\n" << wanted;
}

TEST(ErrorReasons, EveryCodeHasAGeneralExplanation) {
  for (int code = 0; code <= 16; ++code) {
    const ErrorReason& entry = explanation_of(static_cast<StatusCode>(code));
    EXPECT_EQ(entry.code, static_cast<StatusCode>(code));
    EXPECT_FALSE(entry.when.empty());
  }
}

}  // namespace
}  // namespace parlance::grpc
