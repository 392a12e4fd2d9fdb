#include "interceptors/admission_queue.h"

#include <gtest/gtest.h>

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;
using Ticket = AdmissionQueue::Ticket;
using enum AdmissionQueue::Decision;

const TimePoint kStart{1000s};

TEST(AdmissionQueue, SoManyRunSoManyWaitTheRestIsShed) {
  AdmissionQueue queue{2, 1};
  Ticket a, b, c, d;
  EXPECT_EQ(queue.enter(a, false, kStart), kRun);
  EXPECT_EQ(queue.enter(b, false, kStart), kRun);
  EXPECT_EQ(queue.enter(c, false, kStart), kWait);
  EXPECT_EQ(queue.enter(d, false, kStart), kShed);
  EXPECT_EQ(queue.running(), 2);
  EXPECT_EQ(queue.waiting(), 1);
}

TEST(AdmissionQueue, LetsInWhoHasWaitedLongest) {
  AdmissionQueue queue{1, 8};
  Ticket a, b, c;
  EXPECT_EQ(queue.enter(a, false, kStart), kRun);
  EXPECT_EQ(queue.enter(b, false, kStart), kWait);
  EXPECT_EQ(queue.enter(c, false, kStart), kWait);
  EXPECT_EQ(queue.leave(kStart), &b);
  EXPECT_FALSE(b.waits());
  EXPECT_EQ(queue.leave(kStart), &c);
  EXPECT_EQ(queue.running(), 1);
  EXPECT_EQ(queue.leave(kStart), nullptr);
  EXPECT_EQ(queue.running(), 0);
}

TEST(AdmissionQueue, WhoStopsWaitingGivesUpTheirPlace) {
  AdmissionQueue queue{1, 2};
  Ticket a, b, c, d;
  (void)queue.enter(a, false, kStart);
  (void)queue.enter(b, false, kStart);
  (void)queue.enter(c, false, kStart);
  queue.drop(b);
  queue.drop(b);
  EXPECT_EQ(queue.waiting(), 1);
  EXPECT_EQ(queue.enter(d, false, kStart), kWait);
  EXPECT_EQ(queue.leave(kStart), &c);
  EXPECT_EQ(queue.leave(kStart), &d);
}

TEST(AdmissionQueue, RetriesAreShedFromHalfAQueueOn) {
  AdmissionQueue queue{1, 4};
  Ticket tickets[6];
  EXPECT_EQ(queue.enter(tickets[0], true, kStart), kRun);
  EXPECT_EQ(queue.enter(tickets[1], true, kStart), kWait);
  EXPECT_EQ(queue.enter(tickets[2], true, kStart), kWait);
  EXPECT_EQ(queue.enter(tickets[3], true, kStart), kShed);
  EXPECT_EQ(queue.enter(tickets[3], false, kStart), kWait);
}

TEST(AdmissionQueue, WithoutAQueueWhatCannotRunIsShed) {
  AdmissionQueue queue{1, 0};
  Ticket a, b;
  EXPECT_EQ(queue.enter(a, false, kStart), kRun);
  EXPECT_EQ(queue.enter(b, false, kStart), kShed);
  EXPECT_EQ(queue.pushback(kStart), AdmissionQueue::kSoonest);
}

TEST(AdmissionQueue, PushesBackByTheAgeOfTheOldestWhileNothingIsMeasured) {
  AdmissionQueue queue{1, 8};
  Ticket a, b;
  (void)queue.enter(a, false, kStart);
  (void)queue.enter(b, false, kStart);
  EXPECT_EQ(queue.pushback(kStart + 400ms), 400ms);
}

TEST(AdmissionQueue, PushesBackByWhatCallsHaveReallyWaited) {
  AdmissionQueue queue{1, 8};
  Ticket first;
  (void)queue.enter(first, false, kStart);
  TimePoint now = kStart;
  for (int i = 0; i < 100; ++i) {  // each waits 80 ms
    Ticket next;
    (void)queue.enter(next, false, now);
    now += 80ms;
    EXPECT_EQ(queue.leave(now), &next);
  }
  const Duration pushback = queue.pushback(now);
  EXPECT_GE(pushback, 79ms);
  EXPECT_LE(pushback, 80ms);
}

TEST(AdmissionQueue, CallsShedTogetherAreSpread) {
  AdmissionQueue queue{1, 8};
  Ticket a, b;
  (void)queue.enter(a, false, kStart);
  (void)queue.enter(b, false, kStart);
  EXPECT_EQ(queue.pushback(kStart + 800ms), 800ms);
  EXPECT_EQ(queue.pushback(kStart + 800ms), 900ms);
  for (int i = 0; i < 5; ++i) (void)queue.pushback(kStart + 800ms);
  EXPECT_EQ(queue.pushback(kStart + 800ms), 1500ms);
  EXPECT_EQ(queue.pushback(kStart + 800ms), 800ms);
}

TEST(AdmissionQueue, NeverPushesBackForLongerThanItsLatest) {
  AdmissionQueue queue{1, 8};
  Ticket a, b;
  (void)queue.enter(a, false, kStart);
  (void)queue.enter(b, false, kStart);
  EXPECT_EQ(queue.pushback(kStart + 24h), AdmissionQueue::kLatest);
}

}  // namespace
}  // namespace parlance::interceptors
