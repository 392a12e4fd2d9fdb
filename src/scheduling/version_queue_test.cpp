// The queue of a version with real threads, before an engine that answers when the test says so.

#include "scheduling/version_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <optional>
#include <random>
#include <thread>

#include "grpc/error_details.h"
#include "scheduling/errors.h"
#include "scheduling/testing/held_model.h"
#include "scheduling/testing/test_asker.h"

namespace parlance::scheduling {
namespace {

using ::testing::ElementsAre;
using testing::HeldModel;
using ::testing::IsEmpty;
using testing::TestAsker;
using namespace std::chrono_literals;

std::string reason_of(const Status& status) { return grpc::error_info(status)->reason; }

class VersionQueueTest : public ::testing::Test {
 protected:
  ~VersionQueueTest() override {
    for (TestAsker& each : askers_) (void)each.result();  // nobody is told after this
  }
  /// The queue of a model with that configuration; before the first asker.
  void open(const models::ModelConfig& config, unsigned instances = 1, models::Shape shape = {-1, 2}) {
    auto model = std::make_unique<HeldModel>(!config.sequence.states.empty(), std::move(shape));
    model_ = model.get();
    model->elsewhere = elsewhere_;
    loaded_.signature = model->signature();
    loaded_.model = std::move(model);
    loaded_.config = config;
    loaded_.instances = instances;
    loaded_.run_times = {{1, 1ms}};
    queue_ = std::make_shared<VersionQueue>("held", loaded_, counters_, workers_, alarms_);
  }
  static models::ModelConfig batching(models::BatchingConfig config) {
    return {.batching = std::move(config)};
  }
  static models::ModelConfig stateful() { return {.sequence = {.states = {{"s", "t"}}}}; }

  TestAsker& asker(const TestAsker::With& with) { return askers_.emplace_back(loop_.loop(), *queue_, with); }
  TestAsker& ask(const TestAsker::With& with) {
    TestAsker& made = asker(with);
    made.submit();
    return made;
  }
  /// One request that is being run until finish().
  TestAsker& occupy(float value = 0) {
    model_->hold();
    TestAsker& first = ask({.value = value, .may_batch = false});
    model_->wait_for(1);
    return first;
  }
  VersionStatistics statistics() const {
    VersionStatistics all;
    counters_->fill(all);
    queue_->fill(all);
    return all;
  }

  std::shared_ptr<VersionCounters> counters_ = std::make_shared<VersionCounters>();
  models::LoadedVersion loaded_;
  HeldModel* model_ = nullptr;
  bool elsewhere_ = false;  // of the model that is opened
  Alarms alarms_;
  net::ThreadPool workers_{2};
  net::LoopThread loop_;
  std::shared_ptr<VersionQueue> queue_;
  std::deque<TestAsker> askers_;
};

TEST_F(VersionQueueTest, OneRequestReachesTheEngineUntouched) {
  open({});
  TestAsker& one = ask({.value = 7});
  EXPECT_THAT(one.values(), ElementsAre(7));
  EXPECT_EQ(static_cast<const void*>(model_->seen().at(0).at(0).bytes().data()), one.data());
  EXPECT_EQ(one.result()->copied_bytes, 0U);
  EXPECT_EQ(one.result()->batch_rows, 1U);
}

TEST_F(VersionQueueTest, AnEngineThatRunsElsewhereBeginsWhereRequestsComeAndRunsEnd) {
  elsewhere_ = true;
  open({});
  model_->hold();
  TestAsker& first = ask({.value = 1});
  EXPECT_EQ(model_->seen().size(), 1U) << "no worker was waited for";
  TestAsker& second = ask({.value = 2});
  EXPECT_EQ(model_->seen().size(), 1U);
  model_->finish();
  EXPECT_EQ(model_->seen().size(), 2U);
  model_->finish();
  EXPECT_THAT(first.values(), ElementsAre(1));
  EXPECT_THAT(second.values(), ElementsAre(2));
}

TEST_F(VersionQueueTest, AnEngineThatAnswersAtOnceBeginsNoRunFromWithinAnother) {
  elsewhere_ = true;
  open({});
  TestAsker& first = occupy(1);
  std::vector<TestAsker*> others;
  for (int i = 0; i < 1000; ++i) others.push_back(&ask({.value = 2}));
  model_->hold(false);
  model_->finish();
  EXPECT_THAT(first.values(), ElementsAre(1));
  for (TestAsker* each : others) EXPECT_THAT(each->values(), ElementsAre(2));
}

TEST_F(VersionQueueTest, TensorsThatDoNotLieAlignedAreCopiedOnce) {
  open({});
  std::array<std::byte, 12> bytes{};
  TestAsker& one = asker({});
  one.request().inputs[0] =
      models::Tensor::borrowing("x", models::DataType::kFp32, {1, 2}, Bytes{bytes}.subspan(1, 8));
  one.submit();
  EXPECT_THAT(one.values(), ElementsAre(0));
  EXPECT_EQ(one.result()->copied_bytes, 8U);
  EXPECT_EQ(statistics().copied_bytes, 8U);
}

TEST_F(VersionQueueTest, RequestsThatWaitShareARunAndGetTheirOwnRows) {
  open(batching({.max_batch = 8}));
  TestAsker& first = occupy();
  TestAsker& b = ask({.value = 2});
  TestAsker& c = ask({.value = 3, .rows = 3});
  model_->finish();
  model_->wait_for(1);
  model_->finish();
  EXPECT_THAT(first.values(), ElementsAre(0));
  EXPECT_THAT(b.values(), ElementsAre(2));
  EXPECT_THAT(c.values(), ElementsAre(3, 3, 3));
  EXPECT_EQ(model_->seen().at(1).at(0).shape(), (models::Shape{4, 2}));
  EXPECT_EQ(b.result()->batch_rows, 4U);
  EXPECT_EQ(b.result()->copied_bytes, 8U) << "gathered once";
  EXPECT_EQ(c.result()->copied_bytes, 24U);
  const float* rows_of_b = b.result()->outputs[0].as<float>().data();
  EXPECT_EQ(c.result()->outputs[0].as<float>().data(), rows_of_b + 2) << "slices of the run's own memory";
  const VersionStatistics all = statistics();
  EXPECT_EQ(all.execution_count, 2U);
  EXPECT_EQ(all.inference_count, 5U);
  EXPECT_EQ(all.success.count, 3U);
  EXPECT_EQ(all.copied_bytes, 32U);
  ASSERT_EQ(all.batches.size(), 2U);
  EXPECT_EQ(all.batches[1].rows, 4U);
  EXPECT_EQ(all.batches[1].compute_infer.count, 1U);
}

TEST_F(VersionQueueTest, ABatchIsPaddedToAPreferredSizeAndCutOffAgain) {
  open(batching({.max_batch = 8, .preferred = {4, 8}, .pad = true}));
  TestAsker& first = ask({.value = 5, .rows = 3});
  EXPECT_THAT(first.values(), ElementsAre(5, 5, 5));
  EXPECT_EQ(model_->seen().at(0).at(0).shape(), (models::Shape{4, 2}));
  const auto records = queue_->recent_batches();
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].rows, 3U);
  EXPECT_EQ(records[0].padded_rows, 1U);
}

TEST_F(VersionQueueTest, OnlyInputsOfOneShapeShareARun) {
  open(batching({.max_batch = 8}), 1, {-1, -1});
  occupy();
  TestAsker& wide = asker({.value = 2, .rows = 2});
  wide.request().inputs[0] = models::Tensor::of<float>("x", {1, 4}, std::span{wide.data(), 4});
  wide.request().rows = 1;
  wide.request().shape = queue_->shape_key(wide.request().inputs);
  wide.submit();
  TestAsker& narrow = ask({.value = 3});
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(wide.status().ok());
  EXPECT_TRUE(narrow.status().ok());
  EXPECT_EQ(statistics().execution_count, 3U);
}

TEST_F(VersionQueueTest, ABatchWaitsForMaxDelay) {
  open(batching({.max_batch = 8, .max_delay = 5ms}));
  TestAsker& one = ask({.value = 1});
  TestAsker& two = ask({.value = 2});
  EXPECT_TRUE(one.status().ok());
  EXPECT_TRUE(two.status().ok());
  const auto records = queue_->recent_batches();
  EXPECT_EQ(records.at(0).reason, BatchReason::kDelay);
  EXPECT_GE(records.at(0).waited, 5ms);
}

TEST_F(VersionQueueTest, SaysWhyEachBatchWasRun) {
  open(batching({.max_batch = 2, .max_delay = 1h}));
  occupy();
  TestAsker& first = ask({});
  TestAsker& second = ask({});
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  EXPECT_TRUE(second.status().ok());
  const auto records = queue_->recent_batches();
  ASSERT_EQ(records.size(), 2U);
  EXPECT_EQ(records[0].reason, BatchReason::kAlone);
  EXPECT_EQ(records[1].reason, BatchReason::kSize);
  EXPECT_EQ(records[1].requests, 2U);
  EXPECT_EQ(records[1].queue_left, 0U);
}

TEST_F(VersionQueueTest, WhatLeftTheQueueIsNeverRun) {
  open({});
  TestAsker& first = occupy();
  TestAsker& second = ask({.value = 2});
  EXPECT_TRUE(second.leave(Outcome::kCancelled, caller_left()));
  EXPECT_FALSE(first.leave(Outcome::kCancelled, caller_left())) << "it is being run";
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  EXPECT_EQ(second.status().code(), StatusCode::kCancelled);
  EXPECT_EQ(model_->seen().size(), 1U);
  EXPECT_EQ(statistics().saved_work, 1U);
  EXPECT_EQ(statistics().cancelled.count, 1U);
  EXPECT_EQ(statistics().dead_work, 0U);
}

TEST_F(VersionQueueTest, WhatExpiredOrWasLeftByItsCallerIsNotRun) {
  open({});
  TestAsker& first = occupy();
  TestAsker& hurried = ask({.deadline = Deadline{Clock::now() + 100ms}});
  TestAsker& gone = ask({});
  gone.go();
  std::this_thread::sleep_for(110ms);
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  EXPECT_EQ(hurried.status().message(), "the deadline passed before the model was run");
  EXPECT_EQ(reason_of(gone.status()), "CALLER_LEFT");
  EXPECT_EQ(model_->seen().size(), 1U);
  EXPECT_EQ(statistics().expired.count, 1U);
  EXPECT_EQ(statistics().saved_work, 2U);
  EXPECT_EQ(statistics().dead_work, 0U);
}

TEST_F(VersionQueueTest, AnAnswerThatComesTooLateIsLateWork) {
  open({});
  model_->hold();
  TestAsker& late = ask({.deadline = Deadline{Clock::now() + 100ms}});
  model_->wait_for(1);
  std::this_thread::sleep_for(110ms);
  model_->finish();
  EXPECT_EQ(late.status().message(), "the deadline passed while the model ran");
  EXPECT_EQ(statistics().late_work, 1U);
  EXPECT_EQ(statistics().dead_work, 0U);
}

TEST_F(VersionQueueTest, InOrderOfArrivalEverythingIsRunAndTheDeadIsCounted) {
  open({.queue = {.order = models::QueueOrder::kArrival}});
  TestAsker& first = occupy();
  TestAsker& hurried = ask({.deadline = Deadline{Clock::now() + 100ms}});
  TestAsker& gone = ask({});
  gone.go();
  EXPECT_FALSE(gone.leave(Outcome::kCancelled, caller_left()));
  std::this_thread::sleep_for(110ms);
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  EXPECT_EQ(hurried.status().code(), StatusCode::kDeadlineExceeded);
  EXPECT_EQ(gone.status().code(), StatusCode::kCancelled);
  EXPECT_EQ(statistics().dead_work, 2U);
  EXPECT_EQ(statistics().execution_count, 3U);
}

TEST_F(VersionQueueTest, RefusesWhatFindsTheQueueFull) {
  open({.queue = {.max_size = 2}});
  TestAsker& running = occupy();
  TestAsker& a = ask({.client = "a"});
  TestAsker& b = ask({.client = "a"});
  TestAsker& refused = asker({.client = "a"});
  EXPECT_FALSE(refused.submit());
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(refused.status().message(), "The queue of model \"held\" is full: 2 requests wait");
  EXPECT_EQ(reason_of(refused.status()), "MODEL_QUEUE_FULL");
  EXPECT_EQ(grpc::error_info(refused.status())->get("knob"), "queue.max_size");
  EXPECT_GE(grpc::find_detail<grpc::RetryInfo>(refused.status())->retry_delay, 1ms);
  TestAsker& calm = ask({.client = "calm"});
  EXPECT_EQ(reason_of(b.status()), "MODEL_QUEUE_FULL") << "of a flood the last gives way to another client";
  model_->hold(false);
  model_->finish();
  for (TestAsker* each : {&running, &a, &calm}) EXPECT_TRUE(each->status().ok());
  EXPECT_EQ(statistics().refused.count, 2U);
}

TEST_F(VersionQueueTest, RefusesWhatCannotBeFinishedInTime) {
  open({});
  model_->hold();
  TestAsker& slow = ask({});
  model_->wait_for(1);
  std::this_thread::sleep_for(50ms);
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(slow.status().ok());
  TestAsker& refused = asker({.deadline = Deadline{Clock::now() + 20ms}});
  refused.submit();
  EXPECT_EQ(reason_of(refused.status()), "CANNOT_FINISH_IN_TIME") << refused.status().to_string();
  EXPECT_EQ(refused.status().code(), StatusCode::kResourceExhausted);
  EXPECT_TRUE(grpc::find_detail<grpc::RetryInfo>(refused.status()).has_value());
  EXPECT_EQ(model_->seen().size(), 1U);
}

TEST_F(VersionQueueTest, AnErrorOfTheEngineIsThatOfEachRequestInTheRun) {
  open(batching({.max_batch = 8}));
  occupy();
  TestAsker& a = ask({});
  TestAsker& b = ask({});
  model_->finish();
  model_->wait_for(1);
  model_->finish(0, Status{StatusCode::kInternal, "Inference failed: no"});
  EXPECT_EQ(a.status().message(), "Inference failed: no");
  EXPECT_EQ(b.status().message(), "Inference failed: no");
  EXPECT_EQ(statistics().fail.count, 2U);
}

TEST_F(VersionQueueTest, RunsThatFailedOrWereMadeTwiceDoNotMakeItLookSlow) {
  open({});
  for (const bool fails : {true, false}) {
    TestAsker& first = occupy();
    std::this_thread::sleep_for(300ms);
    model_->hold(false);
    model_->finish(0, fails ? Status{StatusCode::kInternal, "Inference failed: no"} : Status{}, false);
    (void)first.result();
    (void)ask({.deadline = Deadline{Clock::now() + 60ms}}).result();
    EXPECT_EQ(statistics().refused.count, 0U);
  }
}

TEST_F(VersionQueueTest, MoreInstancesRunMoreAtOnce) {
  open({}, 1);
  TestAsker& first = occupy();
  TestAsker& second = ask({});
  queue_->set_instances(2);
  model_->wait_for(2);
  EXPECT_EQ(statistics().running, 2U);
  EXPECT_EQ(statistics().instances, 2U);
  model_->finish();
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  EXPECT_TRUE(second.status().ok());
}

TEST_F(VersionQueueTest, AnswersKeepTheOrderOfTheRequestsWhenToldTo) {
  open(batching({.max_batch = 2, .preserve_order = true}), 2);
  TestAsker& first = occupy();
  TestAsker& second = ask({.may_batch = false});
  model_->wait_for(2);
  model_->finish(1);
  while (statistics().running > 1) std::this_thread::yield();
  EXPECT_FALSE(second.is_answered());
  model_->finish(0);
  EXPECT_TRUE(first.status().ok());
  EXPECT_TRUE(second.status().ok());
}

// --- sequences ---------------------------------------------------------------------------------------------

TEST_F(VersionQueueTest, AStepBeginsWhereTheLastOneOfItsSequenceEnded) {
  open(stateful());
  const SequenceStep start{.id = "one", .start = true};
  const SequenceStep next{.id = "one"};
  const SequenceStep other{.id = "two", .start = true};
  const SequenceStep last{.id = "one", .end = true};
  EXPECT_THAT(ask({.value = 1, .step = &start}).values(), ElementsAre(1));
  EXPECT_THAT(ask({.value = 2, .step = &next}).values(), ElementsAre(3));
  EXPECT_THAT(ask({.value = 100, .step = &other}).values(), ElementsAre(100));
  TestAsker& third = ask({.value = 3, .step = &last});
  EXPECT_THAT(third.values(), ElementsAre(6));
  EXPECT_EQ(third.result()->outputs.size(), 1U) << "the state stays here";
  EXPECT_EQ(reason_of(ask({.value = 4, .step = &next}).status()), "UNKNOWN_SEQUENCE");
  EXPECT_THAT(ask({.value = 4}).values(), ElementsAre(4)) << "in no sequence";
  EXPECT_EQ(queue_->recent_batches().at(0).reason, BatchReason::kSequence);
}

TEST_F(VersionQueueTest, StepsOfASequenceAreRunOneAfterTheOther) {
  open(stateful(), 4);
  const SequenceStep start{.id = "one", .start = true};
  const SequenceStep next{.id = "one"};
  model_->hold();
  std::vector<TestAsker*> steps{&ask({.value = 1, .step = &start})};
  for (int i = 0; i < 3; ++i) steps.push_back(&ask({.value = 1, .step = &next}));
  EXPECT_TRUE(steps[2]->leave(Outcome::kCancelled, caller_left()));
  model_->wait_for(1);
  EXPECT_EQ(statistics().waiting, 2U);
  EXPECT_EQ(statistics().running, 1U);
  for (int i = 0; i < 3; ++i) {
    model_->wait_for(1);
    model_->finish();
  }
  EXPECT_THAT(steps[0]->values(), ElementsAre(1));
  EXPECT_THAT(steps[1]->values(), ElementsAre(2));
  EXPECT_THAT(steps[3]->values(), ElementsAre(3));
}

TEST_F(VersionQueueTest, SequencesAreBoundedAndIdleOnesMakeRoom) {
  models::ModelConfig config = stateful();
  config.sequence.max_sequences = 1;
  config.sequence.max_idle = 5ms;
  open(config);
  const SequenceStep one{.id = "one", .start = true};
  const SequenceStep two{.id = "two", .start = true};
  model_->hold();
  TestAsker& first = ask({.step = &one});
  TestAsker& refused = asker({.step = &two});
  EXPECT_FALSE(refused.submit());
  EXPECT_EQ(reason_of(refused.status()), "TOO_MANY_SEQUENCES");
  model_->wait_for(1);
  model_->hold(false);
  model_->finish();
  EXPECT_TRUE(first.status().ok());
  while (statistics().sequences > 0) std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(ask({.step = &two}).status().ok());
  queue_->end_sequence("two");
  EXPECT_EQ(statistics().sequences, 0U);
  EXPECT_TRUE(ask({.step = &one}).status().ok());
}

// --- many at once ------------------------------------------------------------------------------------------

TEST_F(VersionQueueTest, EverybodyIsAnsweredOnceWhateverHappensMeanwhile) {
  open(batching({.max_batch = 4, .max_delay = 200us}), 2);
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::vector<std::unique_ptr<net::LoopThread>> loops(kThreads);
  for (auto& each : loops) each = std::make_unique<net::LoopThread>();
  std::vector<std::deque<TestAsker>> askers(kThreads);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        std::mt19937 random{static_cast<unsigned>(t)};
        const std::string client(1, static_cast<char>('a' + t));
        for (int i = 0; i < kEach; ++i) {
          const bool hurried = random() % 4 == 0;
          TestAsker& made = askers[t].emplace_back(
              loops[t]->loop(), *queue_,
              TestAsker::With{.value = static_cast<float>(t * 1000 + i),
                              .rows = 1 + random() % 3,
                              .deadline = hurried ? Deadline{Clock::now() + random() % 3 * 1ms} : Deadline{},
                              .client = client});
          made.submit();
          if (random() % 4 == 0) made.leave(Outcome::kCancelled, caller_left());
          if (random() % 8 == 0) askers[t][random() % askers[t].size()].go();
          if (i % 50 == 0) queue_->set_instances(1 + random() % 3);
        }
      });
    }
  }
  std::size_t succeeded = 0;
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      TestAsker& each = askers[t][i];
      if (!each.status().ok()) continue;
      ++succeeded;
      EXPECT_THAT(each.values(), ::testing::Each(static_cast<float>(t * 1000 + i)));
    }
  }
  const VersionStatistics all = statistics();
  EXPECT_EQ(all.success.count, succeeded);
  EXPECT_GT(succeeded, 0U);
  EXPECT_EQ(all.success.count + all.fail.count + all.cancelled.count + all.expired.count + all.refused.count,
            static_cast<std::size_t>(kThreads) * kEach);
  EXPECT_EQ(all.dead_work, 0U);
  EXPECT_EQ(all.waiting, 0U);
}

}  // namespace
}  // namespace parlance::scheduling
