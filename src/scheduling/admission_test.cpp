#include "scheduling/admission.h"

#include <gtest/gtest.h>

#include "scheduling/testing/waiting.h"

namespace parlance::scheduling {
namespace {

using models::QueueOrder;
using testing::at;
using testing::Requests;
using namespace std::chrono_literals;

class AdmissionTest : public ::testing::Test {
 protected:
  AdmissionTest() {
    for (int i = 0; i < 100; ++i) times_.measured(1, 10ms, at(0ms));  // no deviation is left
    for (int i = 0; i < 100; ++i) times_.measured(8, 24ms, at(0ms));
  }
  void push(int count, const Requests::With& with) {
    for (int i = 0; i < count; ++i) queue_.push(requests_.make(with));
  }
  Forecast judge(const Requests::With& with, std::vector<Running> running = {}, unsigned instances = 1) {
    Waiting& newcomer = requests_.make(with);
    queue_.push(newcomer);
    const Forecast forecast =
        Admission{limits_, times_}.forecast(newcomer, queue_, running, instances, at(0ms));
    queue_.remove(newcomer);
    return forecast;
  }

  BatchLimits limits_;
  ServiceTimeEstimator times_;
  Requests requests_;
  RequestQueue queue_{QueueOrder::kDeadline, 1};
};

TEST_F(AdmissionTest, CountsTheRunsBeforeIt) {
  push(4, {.deadline = 60ms});
  const Forecast forecast = judge({.deadline = 100ms});
  EXPECT_TRUE(forecast.in_time);
  EXPECT_NEAR(std::chrono::duration<double>(forecast.finish - at(0ms)).count(), 0.050, 0.001);
}

TEST_F(AdmissionTest, SaysWhenTheSameRequestWouldBeInTime) {
  push(9, {.deadline = 200ms});
  const Forecast forecast = judge({.deadline = 205ms}, {{1, 1, at(-5ms)}});
  EXPECT_TRUE(forecast.in_time);
  push(9, {.deadline = 200ms});
  const Forecast late = judge({.client = "a", .deadline = 201ms - 51ms}, {{1, 1, at(-5ms)}});
  EXPECT_TRUE(late.in_time) << "its deadline is before theirs";
  const Forecast refused = judge({.deadline = 201ms}, {{1, 2, at(0ms)}, {2, 1, at(0ms)}, {3, 1, at(0ms)}});
  EXPECT_FALSE(refused.in_time);
  EXPECT_GE(refused.retry_in, 1ms);
  EXPECT_EQ(refused.finish - at(201ms), refused.retry_in);
}

TEST_F(AdmissionTest, OnlyThoseBeforeItCount) {
  push(20, {.deadline = 1s});
  EXPECT_TRUE(judge({.deadline = 15ms}).in_time) << "first by its deadline";
  EXPECT_FALSE(judge({.deadline = 9ms}).in_time) << "less than one run";
  EXPECT_TRUE(judge({.priority = 1, .deadline = 15ms}).in_time);
}

TEST_F(AdmissionTest, InstancesShareTheWork) {
  push(8, {.deadline = 40ms});
  EXPECT_FALSE(judge({.deadline = 60ms}).in_time);
  EXPECT_TRUE(judge({.deadline = 60ms}, {}, 2).in_time);
}

TEST_F(AdmissionTest, ARunUnderWayIsWaitedFor) {
  EXPECT_TRUE(judge({.deadline = 15ms}).in_time);
  EXPECT_FALSE(judge({.deadline = 15ms}, {{1, 1, at(-1ms)}}).in_time);
  EXPECT_TRUE(judge({.deadline = 15ms}, {{1, 1, at(-7ms)}}).in_time);
  EXPECT_TRUE(judge({.deadline = 15ms}, {{1, 1, at(-1ms)}}, 2).in_time);
}

TEST_F(AdmissionTest, BatchesTakeManyAtOnce) {
  limits_.max_batch = 8;
  push(16, {.deadline = 60ms});
  EXPECT_TRUE(judge({.deadline = 60ms}).in_time) << "two full runs, and then its own: 48 + 10 ms";
  EXPECT_FALSE(judge({.rows = 8, .deadline = 70ms}).in_time) << "its own takes 24 ms";
}

TEST_F(AdmissionTest, NobodyIsTurnedAwayWithoutADeadlineOrInstanceOrForStaleEstimates) {
  push(1000, {.deadline = 1s});
  EXPECT_TRUE(judge({}).in_time);
  EXPECT_TRUE(judge({.deadline = 1s}, {}, 0).in_time);
  EXPECT_FALSE(judge({.deadline = 1s}).in_time);
  ServiceTimeEstimator unknown;
  Waiting& newcomer = requests_.make({.deadline = 1ms});
  queue_.push(newcomer);
  EXPECT_TRUE((Admission{limits_, unknown}.forecast(newcomer, queue_, {}, 1, at(0ms)).in_time));
  limits_.order = QueueOrder::kArrival;
  EXPECT_TRUE((Admission{limits_, times_}.forecast(newcomer, queue_, {}, 1, at(0ms)).in_time));
}

}  // namespace
}  // namespace parlance::scheduling
