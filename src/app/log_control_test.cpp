#include "app/log_control.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

using dialects::kserve::LogSettings;

TEST(LogControl, EachLevelIsSaidAndTakenInKServesWords) {
  const Log log{LogFormat::kText, LogLevel::kInfo};
  const auto control = log_control(log);
  EXPECT_EQ(control.get(), LogSettings{});
  const LogSettings all[] = {{.verbose_level = 1},
                             {},
                             {.info = false},
                             {.info = false, .warning = false},
                             {.info = false, .warning = false, .error = false}};
  const std::optional<LogLevel> levels[] = {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarning,
                                            LogLevel::kError, std::nullopt};
  for (std::size_t i = 0; i < std::size(all); ++i) {
    control.set(all[i]);
    EXPECT_EQ(log.level(), levels[i]) << i;
    EXPECT_EQ(control.get(), all[i]) << i;
  }
}

}  // namespace
}  // namespace parlance::app
