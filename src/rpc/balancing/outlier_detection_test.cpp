#include "rpc/balancing/outlier_detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "grpc/error_details.h"
#include "rpc/balancing/policy_test_support.h"

namespace parlance::balancing {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

OutlierDetectionConfig by_failures() {
  return {
      .max_ejection_percent = 50,
      .failure_percentage = OutlierDetectionConfig::FailurePercentage{.threshold = 50, .request_volume = 10},
      .child = RoundRobinConfig{}};
}

OutlierDetectionConfig by_success_rate() {
  return {.max_ejection_percent = 50,
          .success_rate = OutlierDetectionConfig::SuccessRate{.request_volume = 10},
          .child = RoundRobinConfig{}};
}

struct Detecting {
  explicit Detecting(const OutlierDetectionConfig& config) : policy(config, host) {
    policy.set_backends(backends(6));
    make_ready(policy, {1, 2, 3, 4, 5, 6});
  }

  void calls(BackendId backend, int ok, int failed) {
    for (int i = 0; i < ok; ++i) policy.on_call_ended(backend, StatusCode::kOk);
    for (int i = 0; i < failed; ++i) policy.on_call_ended(backend, StatusCode::kUnavailable);
  }
  /// Each backend but `backend` answers well.
  void outlier(BackendId backend, int ok, int failed) {
    for (BackendId other = 1; other <= 6; ++other)
      other == backend ? calls(backend, ok, failed) : calls(other, 20, 0);
  }
  std::set<BackendId> in_service() {
    std::set<BackendId> found;
    for (int i = 0; i < 60; ++i) found.insert(picked(policy));
    return found;
  }
  void sweep(int times = 1) {
    for (int i = 0; i < times; ++i) ASSERT_TRUE(host.fire(policy));
  }

  FakeHost host;
  OutlierDetection policy;
};

const std::set<BackendId> kAll{1, 2, 3, 4, 5, 6};
const std::set<BackendId> kAllButThree{1, 2, 4, 5, 6};

TEST(OutlierDetection, EjectsWhoFailsMoreThanTheThreshold) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 9, 11);
  EXPECT_EQ(detecting.in_service(), kAll);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAllButThree);
}

TEST(OutlierDetection, FailuresAtTheThresholdAreKept) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 10, 10);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, EjectsWhoseSuccessRateIsFarBelowTheMean) {
  Detecting detecting{by_success_rate()};
  detecting.outlier(3, 15, 5);  // mean 0.958, deviation 0.093: below 0.781
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAllButThree);
}

TEST(OutlierDetection, SuccessRatesThatAreAllAlikeAreKept) {
  Detecting detecting{by_success_rate()};
  for (BackendId backend = 1; backend <= 6; ++backend) detecting.calls(backend, 5, 15);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, FewCallsSayNothing) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 0, 9);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, FewBackendsWithEnoughCallsSayNothing) {
  Detecting detecting{by_failures()};
  for (BackendId backend = 1; backend <= 3; ++backend) detecting.calls(backend, 20, 0);
  detecting.calls(4, 0, 20);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, CallsOfEarlierIntervalsDoNotCount) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 10, 10);
  detecting.sweep();
  detecting.outlier(3, 0, 1);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, NoMoreThanTheGivenPartIsEjected) {
  OutlierDetectionConfig config = by_failures();
  config.max_ejection_percent = 30;
  Detecting detecting{config};
  for (BackendId backend = 1; backend <= 4; ++backend) detecting.calls(backend, 0, 20);
  for (BackendId backend = 5; backend <= 6; ++backend) detecting.calls(backend, 20, 0);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), (std::set<BackendId>{3, 4, 5, 6}));  // a third are out
}

TEST(OutlierDetection, OneIsEjectedHoweverSmallThePart) {
  OutlierDetectionConfig config = by_failures();
  config.max_ejection_percent = 1;
  Detecting detecting{config};
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAllButThree);
}

TEST(OutlierDetection, EnforcementIsByChance) {
  OutlierDetectionConfig config = by_failures();
  config.failure_percentage->enforcement_percentage = 40;
  Detecting detecting{config};
  detecting.outlier(3, 0, 20);
  detecting.host.script = {40};
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
  detecting.outlier(3, 0, 20);
  detecting.host.script = {39};
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAllButThree);
}

TEST(OutlierDetection, AnEjectedBackendReturnsAfterItsTime) {
  Detecting detecting{by_failures()};  // every 10 s, out for 30 s
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  detecting.sweep(3);  // 30 s have passed, not more
  EXPECT_EQ(detecting.in_service(), kAllButThree);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, TheSecondTimeIsTwiceAsLong) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 0, 20);
  detecting.sweep(5);
  ASSERT_EQ(detecting.in_service(), kAll);
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  detecting.sweep(6);
  EXPECT_EQ(detecting.in_service(), kAllButThree);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, GoodIntervalsMakeTheNextTimeShorterAgain) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 0, 20);
  detecting.sweep(5);
  detecting.sweep();  // in service for a whole interval
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  detecting.sweep(4);
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, TheTimeOutOfServiceIsBounded) {
  OutlierDetectionConfig config = by_failures();
  config.max_ejection_time = seconds{30};
  Detecting detecting{config};
  for (int round = 0; round < 3; ++round) {
    detecting.outlier(3, 0, 20);
    detecting.sweep(4);
    EXPECT_EQ(detecting.in_service(), kAllButThree);
    detecting.sweep();
    EXPECT_EQ(detecting.in_service(), kAll);
  }
}

TEST(OutlierDetection, WhatHappenedMeanwhileIsToldOnReturn) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  detecting.host.take_connected();
  set_state(detecting.policy, 3, Connectivity::kIdle);
  EXPECT_TRUE(detecting.host.connected.empty());
  detecting.sweep(4);
  EXPECT_THAT(detecting.host.connected, testing::ElementsAre(3));
  EXPECT_EQ(detecting.in_service(), kAllButThree);
  make_ready(detecting.policy, {3});
  EXPECT_EQ(detecting.in_service(), kAll);
}

TEST(OutlierDetection, ANewListKeepsWhoIsEjected) {
  Detecting detecting{by_failures()};
  detecting.outlier(3, 0, 20);
  detecting.sweep();
  detecting.policy.set_backends(backends(5));
  EXPECT_EQ(detecting.in_service(), (std::set<BackendId>{1, 2, 4, 5}));
}

TEST(OutlierDetection, AnEjectionSaysWhy) {
  OutlierDetectionConfig config = by_failures();
  config.failure_percentage->minimum_hosts = 1;
  FakeHost host;
  OutlierDetection policy{config, host};
  policy.set_backends(backends(1));
  make_ready(policy, {1});
  for (int i = 0; i < 20; ++i) policy.on_call_ended(1, StatusCode::kInternal);
  host.fire(policy);
  const Pick failed = pick(policy);
  ASSERT_EQ(failed.kind, Pick::Kind::kFail);
  EXPECT_EQ(failed.status.message(),
            "outlier detection took the backend out of service: 20 of its last 20 calls failed");
  EXPECT_EQ(grpc::error_info(failed.status)->reason, "BACKEND_EJECTED");
}

TEST(OutlierDetection, WithoutAnAlgorithmThereIsNoTimer) {
  FakeHost host;
  OutlierDetection policy{{.child = RoundRobinConfig{}}, host};
  policy.set_backends(backends(2));
  EXPECT_EQ(host.armed, TimePoint::max());
}

TEST(OutlierDetection, PickFirstIsPassedThrough) {
  OutlierDetectionConfig config = by_failures();
  config.failure_percentage->minimum_hosts = 1;
  config.child = PickFirstConfig{};
  FakeHost host;
  OutlierDetection policy{config, host};
  policy.set_backends(backends(2));
  EXPECT_EQ(pick(policy).kind, Pick::Kind::kWait);
  make_ready(policy, {1});
  for (int i = 0; i < 100; ++i) policy.on_call_ended(1, StatusCode::kInternal);
  EXPECT_FALSE(host.fire(policy));
  EXPECT_EQ(picked(policy), 1);
}

TEST(OutlierDetection, TheTimerOfTheChildRunsBesideItsOwn) {
  OutlierDetectionConfig config = by_failures();
  config.child = WeightedRoundRobinConfig{};  // every second
  Detecting detecting{config};
  EXPECT_EQ(detecting.host.armed, detecting.host.now() + seconds{1});
  detecting.outlier(3, 0, 20);
  detecting.sweep(9);
  EXPECT_EQ(detecting.in_service(), kAll);
  detecting.sweep();
  EXPECT_EQ(detecting.in_service(), kAllButThree);
}

}  // namespace
}  // namespace parlance::balancing
