#include "app/load_reporter.h"

#include <gtest/gtest.h>

namespace parlance::app {
namespace {

scheduling::VersionStatistics version(std::uint64_t succeeded, std::uint64_t failed) {
  scheduling::VersionStatistics statistics;
  statistics.success.count = succeeded;
  statistics.fail.count = failed;
  return statistics;
}

TEST(LoadReport, HasRatesOfWhatEndedMeanwhile) {
  const auto report =
      load_report({version(100, 10)}, {version(140, 20), version(10, 0)}, std::chrono::seconds{2}, 0);
  EXPECT_DOUBLE_EQ(report.requests_per_second, 30);
  EXPECT_DOUBLE_EQ(report.errors_per_second, 5);
}

TEST(LoadReport, UtilizationIsWhatRunsAndWaitsForEachInstance) {
  scheduling::VersionStatistics busy;
  busy.waiting = 5;
  busy.running = 1;
  busy.instances = 3;
  EXPECT_DOUBLE_EQ(load_report({}, {busy}, std::chrono::seconds{1}, 0).application_utilization, 2);
  EXPECT_DOUBLE_EQ(load_report({}, {}, std::chrono::seconds{1}, 0).application_utilization, 0);
}

}  // namespace
}  // namespace parlance::app
