#include "app/spelling.h"

#include <gtest/gtest.h>

#include <array>

namespace parlance::app {
namespace {

constexpr std::array<std::string_view, 4> kNames{"listen", "threads", "log-level", "log-format"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("treads", kNames), "threads");
  EXPECT_EQ(nearest("LISTEN", kNames), "listen");
  EXPECT_EQ(nearest("log_level", kNames), "log-level");
  EXPECT_EQ(nearest("loglevel", kNames), "log-level");
}

TEST(Nearest, IsNothingWhenNoneIsClose) {
  EXPECT_EQ(nearest("certificate", kNames), "");
  EXPECT_EQ(nearest("", kNames), "");
}

}  // namespace
}  // namespace parlance::app
