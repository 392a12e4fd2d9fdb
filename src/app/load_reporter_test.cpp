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
  const auto report = load_report({.runs = {version(100, 10)}}, {.runs = {version(140, 20), version(10, 0)}},
                                  std::chrono::seconds{2}, 0);
  EXPECT_DOUBLE_EQ(report.requests_per_second, 30);
  EXPECT_DOUBLE_EQ(report.errors_per_second, 5);
}

TEST(LoadReport, UtilizationIsWhatRunsAndWaitsForEachInstance) {
  scheduling::VersionStatistics busy;
  busy.waiting = 5;
  busy.running = 1;
  busy.instances = 3;
  EXPECT_DOUBLE_EQ(load_report({}, {.runs = {busy}}, std::chrono::seconds{1}, 0).application_utilization, 2);
  EXPECT_DOUBLE_EQ(load_report({}, {}, std::chrono::seconds{1}, 0).application_utilization, 0);
}

TEST(LoadReport, PagesCountAsUtilizationOfWhoMakesText) {
  scheduling::VersionGeneration roomy{.model = "roomy", .version = 1, .statistics = {}};
  roomy.statistics.pages = 100;
  roomy.statistics.pages_in_use = 10;
  roomy.statistics.running = 2;
  scheduling::VersionGeneration full{.model = "full", .version = 1, .statistics = {}};
  full.statistics.pages = 8;
  full.statistics.pages_in_use = 6;
  full.statistics.waiting = 3;
  full.statistics.running = 4;
  full.statistics.complete = 3;
  full.statistics.slow_readers = 2;
  const auto report = load_report({}, {.text = {roomy, full}}, std::chrono::seconds{1}, 0);
  EXPECT_DOUBLE_EQ(report.application_utilization, 0.75);
  EXPECT_DOUBLE_EQ(report.utilization.at("kv_cache"), 0.75);
  EXPECT_DOUBLE_EQ(report.named_metrics.at("sequences_waiting"), 3);
  EXPECT_DOUBLE_EQ(report.named_metrics.at("sequences_running"), 6);
  EXPECT_DOUBLE_EQ(report.requests_per_second, 5);
  EXPECT_DOUBLE_EQ(report.errors_per_second, 2);
}

}  // namespace
}  // namespace parlance::app
