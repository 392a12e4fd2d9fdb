// The loop with real threads and event loops, before a toy engine that keeps its state in the pages.

#include "scheduling/generation/generation_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <limits>
#include <numeric>
#include <random>
#include <semaphore>
#include <set>
#include <thread>

#include "grpc/error_details.h"
#include "net/loop.h"
#include "rpc/task.h"
#include "scheduling/testing/toy_engine.h"

namespace parlance::scheduling {
namespace {

using generation::SampledToken;
using generation::Token;
using generation::testing::ToyModel;
using testing::ToyEngine;
using namespace std::chrono_literals;

constexpr std::size_t kNever = SIZE_MAX;

std::string reason_of(const Status& status) {
  const auto info = grpc::error_info(status);
  return info ? info->reason : "";
}

/// Lets one coroutine of a loop through when it is opened there.
struct Gate {
  detail::Waiter waiting;
  bool is_open = false;

  bool await_ready() const { return is_open; }
  void await_suspend(std::coroutine_handle<> suspended) { waiting = detail::Waiter{suspended}; }
  void await_resume() const {}
  void open() {
    is_open = true;
    waiting.resume();
  }
};

/// A caller: what it does, and what it was told.
struct Caller {
  explicit Caller(GenerationRequest wanted) : request(std::move(wanted)) {}

  GenerationRequest request;
  std::size_t leave_at = kNever;   // after so many tokens the stream is destroyed
  std::size_t cancel_at = kNever;  // or cancelled
  std::size_t stall_at = kNever;   // reads no more until the gate is open
  Gate gate;

  Status refusal;
  std::vector<SampledToken> made;
  std::optional<FinishReason> finish;
  Status status;
  std::size_t steps_when_it_left = kNever;
  std::binary_semaphore has_stalled{0};
  std::binary_semaphore done{0};

  std::vector<Token> tokens() const {
    std::vector<Token> tokens;
    for (const SampledToken& each : made) tokens.push_back(each.token);
    return tokens;
  }
  std::vector<Token> alone() const {
    return ToyModel::alone(request.sequence.prompt, request.sequence.max_tokens, ToyEngine::kVocabulary);
  }
  Token key() const { return request.sequence.prompt.front(); }
};

/// Whether the caller goes on.
bool take(Caller& caller, GeneratedStep& step) {
  EXPECT_FALSE(caller.finish) << "a step after the last";
  caller.finish = step.finish;
  caller.status = step.status;
  if (step.finish != FinishReason::kError) caller.made.push_back(std::move(step.sampled));
  return caller.made.size() < caller.leave_at;
}

Task<void> read(GenerationLoop& loop, ToyEngine& engine, Caller& caller) {
  GenerationRequest request = caller.request;
  {
    Result<GenerationStream> stream = loop.start(std::move(request));
    if (!stream) {
      caller.refusal = stream.error();
      caller.done.release();
      co_return;
    }
    while (auto step = co_await stream->next()) {
      if (!take(caller, *step)) break;
      if (caller.made.size() == caller.cancel_at && !step->finish) {
        stream->cancel();
        caller.steps_when_it_left = engine.steps_of(caller.key());
      }
      if (caller.made.size() == caller.stall_at) {
        caller.has_stalled.release();
        co_await caller.gate;
      }
    }
  }
  if (caller.made.size() == caller.leave_at) caller.steps_when_it_left = engine.steps_of(caller.key());
  caller.done.release();
}

class GenerationLoopTest : public ::testing::Test {
 protected:
  ~GenerationLoopTest() override {
    if (engine_) engine_->release();
    if (loop_) loop_->stop();
    for (Caller& each : callers_) open_gate(each);
  }

  void open(std::size_t pages, std::size_t block_tokens, const GenerationLimits& limits = {}) {
    engine_.emplace(pages, block_tokens);
    loop_.emplace("story", *engine_, limits);
  }
  static GenerationRequest request(std::vector<Token> prompt, std::size_t max_tokens) {
    GenerationRequest made;
    made.sequence.prompt = std::move(prompt);
    made.sequence.max_tokens = max_tokens;
    made.sampling.temperature = 0;
    return made;
  }
  Caller& caller(GenerationRequest wanted) { return callers_.emplace_back(std::move(wanted)); }
  net::Loop& home_of(const Caller& caller) {
    return homes_.at(static_cast<std::size_t>(caller.key()) % homes_.size()).loop();
  }
  void start(Caller& caller) { spawn(home_of(caller), read(*loop_, *engine_, caller)); }
  /// All callers, before the first step ends.
  void start_together() {
    engine_->permit(0);
    for (Caller& each : callers_) start(each);
    for (net::LoopThread& home : homes_) {
      std::binary_semaphore has_started{0};
      home.loop().post([&] { has_started.release(); });
      has_started.acquire();
    }
    engine_->release();
  }
  Caller& ask(GenerationRequest wanted) {
    Caller& made = caller(std::move(wanted));
    start(made);
    return made;
  }
  void open_gate(Caller& caller) {
    home_of(caller).post([&caller] { caller.gate.open(); });
  }
  static void await(Caller& caller) { ASSERT_TRUE(caller.done.try_acquire_for(60s)) << "it was never told"; }
  void await_all() {
    for (Caller& each : callers_) await(each);
  }

  /// Whether a sequence more is refused for that; else it comes and leaves.
  bool is_stopping() {
    bool is_refused = false;
    std::binary_semaphore done{0};
    homes_[0].loop().post([&] {
      const Result<GenerationStream> stream = loop_->start(request({3}, 1));
      is_refused = !stream && reason_of(stream.error()) == "MODEL_UNLOADED";
      done.release();
    });
    done.acquire();
    return is_refused;
  }

  void expect_nobody_left() const {
    const GenerationStatistics now = loop_->statistics();
    EXPECT_EQ(now.pages_in_use, 0U);
    EXPECT_EQ(now.running + now.waiting + now.paused, 0U);
  }

  std::optional<ToyEngine> engine_;
  std::optional<GenerationLoop> loop_;
  std::deque<Caller> callers_;
  std::array<net::LoopThread, 2> homes_;
};

/// Prompts of many lengths, of which some begin alike.
std::vector<Token> prompt(Token key, std::mt19937& random, std::size_t shared) {
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < shared; ++i) tokens.push_back(static_cast<Token>(i % 7));
  tokens.push_back(key);
  for (std::size_t i = random() % 30; i > 0; --i) tokens.push_back(static_cast<Token>(random() % 128));
  return tokens;
}

TEST_F(GenerationLoopTest, SixtyFourTogetherMakeWhatEachMakesAlone) {
  open(60, 4, {.planner = {.max_running = 24, .prefill_tokens = 32}});
  std::mt19937 random{7};
  for (Token key = 0; key < 64; ++key)
    caller(request(prompt(key, random, random() % 3 * 8), 1 + random() % 40));
  start_together();
  await_all();
  for (const Caller& each : callers_) {
    EXPECT_EQ(each.tokens(), each.alone()) << each.key();
    EXPECT_EQ(each.finish, FinishReason::kLength);
  }
  const GenerationStatistics now = loop_->statistics();
  EXPECT_EQ(now.complete, 64U);
  EXPECT_GT(now.planner.preemptions, 0U) << "the pages were to be scarce";
  EXPECT_GT(now.planner.cached_tokens, 0U);
  EXPECT_EQ(now.saved, SavedWork{});
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, WhatIsDrawnDependsOnTheSeedAndNotOnTheBatch) {
  open(400, 4);
  std::mt19937 random{8};
  const auto drawn = [&](Token key) {
    GenerationRequest made = request({key, 3, 5, 7}, 20);
    made.sampling = {.temperature = 1.2F,
                     .repetition_penalty = 1.3F,
                     .frequency_penalty = 0.5F,
                     .seed = static_cast<std::uint64_t>(key) + 1,
                     .top_logprobs = 3};
    return made;
  };
  for (Token key = 0; key < 12; ++key) caller(drawn(key));
  start_together();
  await_all();
  std::set<std::vector<Token>> texts;
  for (Token key = 0; key < 12; ++key) {
    const Caller& together = callers_.at(static_cast<std::size_t>(key));
    Caller& alone = ask(drawn(key));
    await(alone);
    ASSERT_EQ(together.tokens(), alone.tokens());
    for (std::size_t i = 0; i < alone.made.size(); ++i) {
      EXPECT_EQ(together.made[i].logprob, alone.made[i].logprob);
      EXPECT_EQ(together.made[i].top, alone.made[i].top);
      EXPECT_EQ(alone.made[i].top.size(), 3U);
    }
    texts.insert(alone.tokens());
  }
  EXPECT_EQ(texts.size(), 12U);
}

TEST_F(GenerationLoopTest, WhoLeavesIsInOneStepMoreAtMostAndNobodyElseNotices) {
  open(2000, 4, {.prefix_cache = false});
  std::mt19937 random{9};
  for (Token key = 0; key < 60; ++key) {
    Caller& each = caller(request(prompt(key, random, 0), 60));
    each.request.sequence.prompt.insert(each.request.sequence.prompt.begin(), key);
    if (key % 3 == 1) each.leave_at = 1 + random() % 50;
    if (key % 3 == 2) each.cancel_at = 1 + random() % 50;
  }
  start_together();
  await_all();
  loop_->stop();
  std::uint64_t saved_at_least = 0;
  for (const Caller& each : callers_) {
    std::vector<Token> wanted = each.alone();
    wanted.resize(std::min({wanted.size(), each.leave_at, each.cancel_at}));
    EXPECT_EQ(each.tokens(), wanted) << each.key();
    if (each.steps_when_it_left == kNever) continue;
    EXPECT_LE(engine_->steps_of(each.key()), each.steps_when_it_left + 1);
    saved_at_least += 60 - std::min<std::size_t>(engine_->steps_of(each.key()), 60);
    if (each.cancel_at != kNever) {
      EXPECT_EQ(each.status.code(), StatusCode::kCancelled);
    }
  }
  const GenerationStatistics now = loop_->statistics();
  EXPECT_EQ(now.complete + now.saved.cancelled, 60U);
  EXPECT_GE(now.saved_tokens, saved_at_least);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, ASlowReaderHoldsUpOnlyItself) {
  open(200, 4, {.window_steps = 4});
  Caller& slow = caller(request({1, 2, 3}, 50));
  slow.stall_at = 3;
  start(slow);
  ASSERT_TRUE(slow.has_stalled.try_acquire_for(60s));
  for (Token key = 10; key < 20; ++key) ask(request({key, 2, 3}, 50));
  for (Caller& each : callers_) {
    if (&each != &slow) await(each);
  }
  const GenerationStatistics stalled = loop_->statistics();
  EXPECT_EQ(stalled.complete, 10U);
  EXPECT_EQ(stalled.paused, 1U);
  EXPECT_LE(stalled.tokens, 10 * 50 + 3 + 4U) << "no more than the window was made for it";
  open_gate(slow);
  await(slow);
  for (const Caller& each : callers_) EXPECT_EQ(each.tokens(), each.alone()) << each.key();
  EXPECT_GT(loop_->statistics().pauses, 0U);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, AWindowOfOneStepIsEnough) {
  open(200, 4, {.window_steps = 1});
  for (Token key = 0; key < 8; ++key) ask(request({key, 2}, 30));
  await_all();
  for (const Caller& each : callers_) EXPECT_EQ(each.tokens(), each.alone());
  EXPECT_EQ(loop_->statistics().pauses, 8 * 29U);
}

TEST_F(GenerationLoopTest, AfterItsDeadlineASequenceIsInNoStep) {
  open(200, 4, {.prefix_cache = false});
  Caller& late = caller(request({1, 2}, 10));
  late.request.sequence.deadline = Deadline{Clock::now() - 1ms};
  start(late);
  await(late);
  EXPECT_EQ(late.finish, FinishReason::kError);
  EXPECT_EQ(reason_of(late.status), "DEADLINE_EXCEEDED");
  EXPECT_EQ(engine_->steps_of(1), 0U);
  EXPECT_EQ(loop_->statistics().saved.expired, 1U);
  EXPECT_EQ(loop_->statistics().saved_tokens, 10U);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, ADeadlineEndsASequenceThatPausesThoughNobodyElseIsThere) {
  open(200, 4, {.window_steps = 2});
  Caller& slow = caller(request({1, 2}, 100));
  slow.request.sequence.deadline = Deadline{Clock::now() + 100ms};
  slow.stall_at = 1;
  start(slow);
  for (int i = 0; i < 6000 && loop_->statistics().saved.expired == 0; ++i) std::this_thread::sleep_for(10ms);
  expect_nobody_left();
  open_gate(slow);
  await(slow);
  EXPECT_EQ(reason_of(slow.status), "DEADLINE_EXCEEDED");
  EXPECT_LE(slow.made.size(), 3U);
}

TEST_F(GenerationLoopTest, AStepThatFailsEndsThoseWhoWereInItAndNoOthers) {
  open(200, 4);
  engine_->permit(0);
  Caller& first = ask(request({1, 2}, 20));
  ASSERT_TRUE(engine_->wait_until_held());
  Caller& second = ask(request({2, 2}, 20));  // comes while the step runs
  engine_->fail_next(grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED", "broken"));
  engine_->release();
  await_all();
  EXPECT_EQ(first.finish, FinishReason::kError);
  EXPECT_EQ(first.status.message(), "broken");
  EXPECT_TRUE(first.made.empty());
  EXPECT_EQ(second.tokens(), second.alone());
  EXPECT_EQ(loop_->statistics().failed, 1U);
  EXPECT_EQ(loop_->statistics().failed_steps, 1U);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, AnEngineThatThrowsFailsTheStepAndNotTheServer) {
  open(200, 4);
  engine_->throw_next();
  Caller& first = ask(request({1, 2}, 20));
  await(first);
  EXPECT_EQ(first.status.code(), StatusCode::kInternal);
  EXPECT_EQ(reason_of(first.status), "INFERENCE_FAILED");
  EXPECT_THAT(std::string{first.status.message()}, ::testing::HasSubstr("out of its mind"));
  Caller& second = ask(request({2, 2}, 20));
  await(second);
  EXPECT_EQ(second.tokens(), second.alone());
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, AReaderWhoTakesNothingForTooLongIsEnded) {
  open(200, 4, {.window_steps = 2, .slow_reader = 50ms});
  Caller& slow = caller(request({1, 2}, 100));
  slow.stall_at = 1;
  start(slow);
  Caller& reader = ask(request({2, 2}, 100));
  await(reader);
  EXPECT_EQ(reader.tokens(), reader.alone());
  for (int i = 0; i < 6000 && loop_->statistics().slow_readers == 0; ++i) std::this_thread::sleep_for(10ms);
  expect_nobody_left();
  open_gate(slow);
  await(slow);
  EXPECT_EQ(slow.status.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(slow.status), "SLOW_READER");
  EXPECT_EQ(slow.made.size(), 3U) << "what was made for it is still read";
  EXPECT_EQ(loop_->statistics().saved_tokens, 97U);
}

// --- several sequences of one prompt
// ------------------------------------------------------------------------

/// Reads all streams to their ends, or leaves that one after so many tokens; their tokens, or why none.
Task<void> read_all(GenerationLoop& loop, GenerationRequest request, std::size_t count, std::size_t leaves,
                    std::vector<std::vector<Token>>& texts, std::vector<Status>& ends,
                    std::binary_semaphore& done) {
  {
    auto streams = loop.start(std::move(request), count);
    texts.resize(count);
    ends.resize(count);
    for (std::size_t i = 0; streams && i < count; ++i) {
      while (auto step = co_await (*streams)[i].next()) {
        ends[i] = step->status;
        if (step->finish != FinishReason::kError) texts[i].push_back(step->sampled.token);
        if (i == leaves && texts[i].size() == 2) (*streams)[i].cancel();
      }
    }
    if (!streams) ends.assign(count, streams.error());
  }
  done.release();
}

struct Siblings {
  std::vector<std::vector<Token>> texts;
  std::vector<Status> ends;
  std::binary_semaphore done{0};
};

TEST_F(GenerationLoopTest, SequencesOfOnePromptComputeItOnceAndDrawEachWithASeed) {
  open(200, 4, {.prefix_cache = false, .window_steps = 64});
  GenerationRequest wanted = request({1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, 12);
  wanted.sampling.temperature = 2;
  wanted.sampling.seed = 40;
  Siblings together;
  spawn(homes_[0].loop(), read_all(*loop_, wanted, 3, kNever, together.texts, together.ends, together.done));
  ASSERT_TRUE(together.done.try_acquire_for(60s));
  EXPECT_EQ(loop_->statistics().prompt_tokens, 10U);
  EXPECT_EQ(loop_->statistics().planner.computed_tokens, 10 + 3 * 11U);
  EXPECT_EQ(loop_->statistics().complete, 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    GenerationRequest alone = wanted;
    alone.sampling.seed = 40 + i;
    Caller& one = ask(std::move(alone));
    await(one);
    EXPECT_EQ(together.texts[i], one.tokens()) << i;
    EXPECT_EQ(together.texts[i].size(), 12U);
  }
  EXPECT_NE(together.texts[0], together.texts[1]);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, ASequenceThatLeavesTakesNoOtherOfItsPromptWithIt) {
  open(200, 4, {.window_steps = 64});
  Siblings together;
  spawn(homes_[0].loop(),
        read_all(*loop_, request({1, 2, 3}, 12), 3, 0, together.texts, together.ends, together.done));
  ASSERT_TRUE(together.done.try_acquire_for(60s));
  EXPECT_EQ(reason_of(together.ends[0]), "CALLER_LEFT");
  for (const std::size_t i : {1U, 2U})
    EXPECT_EQ(together.texts[i], ToyModel::alone({1, 2, 3}, 12, ToyEngine::kVocabulary));
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, WhatEndsAPromptEndsAllThatWaitForIt) {
  open(200, 4);
  engine_->fail_next(grpc::make_error(StatusCode::kInternal, "INFERENCE_FAILED", "broken"));
  Siblings together;
  spawn(homes_[0].loop(),
        read_all(*loop_, request({1, 2, 3}, 12), 3, kNever, together.texts, together.ends, together.done));
  ASSERT_TRUE(together.done.try_acquire_for(60s));
  for (const Status& end : together.ends) EXPECT_EQ(end.message(), "broken");
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, SequencesOfOnePromptAreTakenTogetherOrNotAtAll) {
  open(200, 4, {.planner = {.max_running = 2, .max_waiting = 0}});
  Siblings together;
  spawn(homes_[0].loop(),
        read_all(*loop_, request({1, 2, 3}, 12), 3, kNever, together.texts, together.ends, together.done));
  ASSERT_TRUE(together.done.try_acquire_for(60s));
  EXPECT_EQ(reason_of(together.ends[0]), "MODEL_QUEUE_FULL");
  EXPECT_EQ(loop_->statistics().saved.refused, 3U);
}

TEST_F(GenerationLoopTest, StoppingTellsEverybody) {
  open(40, 4, {.planner = {.max_running = 4}, .window_steps = 2});
  Caller& paused = caller(request({1, 2}, 50));
  paused.stall_at = 1;
  start(paused);
  ASSERT_TRUE(paused.has_stalled.try_acquire_for(60s));
  engine_->permit(0);
  for (Token key = 10; key < 22; ++key) ask(request({key, 2}, 50));
  ASSERT_TRUE(engine_->wait_until_held());
  std::thread stopper{[this] { loop_->stop(); }};
  for (int i = 0; i < 1000 && !is_stopping(); ++i) std::this_thread::sleep_for(1ms);
  engine_->release();
  stopper.join();
  open_gate(paused);
  await_all();
  for (const Caller& each : callers_) {
    const Status& told = each.finish ? each.status : each.refusal;
    EXPECT_EQ(told.code(), StatusCode::kUnavailable) << each.key();
    EXPECT_EQ(reason_of(told), "MODEL_UNLOADED");
  }
  expect_nobody_left();
  Caller& after = ask(request({3}, 1));
  await(after);
  EXPECT_EQ(reason_of(after.refusal), "MODEL_UNLOADED");
}

TEST_F(GenerationLoopTest, AnEndTokenIsTheLastStep) {
  open(40, 4);
  GenerationRequest wanted = request({1, 2, 3}, 20);
  const std::vector<Token> all = ToyModel::alone(wanted.sequence.prompt, 20, ToyEngine::kVocabulary);
  wanted.end_tokens = {all[6]};
  Caller& each = ask(wanted);
  await(each);
  EXPECT_EQ(each.finish, FinishReason::kStop);
  const auto first = std::ranges::find(all, all[6]);
  EXPECT_EQ(each.tokens(), std::vector<Token>(all.begin(), first + 1));
  EXPECT_EQ(loop_->statistics().stopped, 1U);
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, WhatCanNeverBeMadeIsRefusedAtOnce) {
  open(4, 4, {.planner = {.max_sequence_tokens = 20}});
  const auto expect = [this](GenerationRequest wanted, StatusCode code, std::string_view reason,
                             std::string_view knob) {
    Caller& each = ask(std::move(wanted));
    await(each);
    EXPECT_EQ(each.refusal.code(), code);
    EXPECT_EQ(reason_of(each.refusal), reason) << each.refusal.to_string();
    EXPECT_EQ(grpc::error_info(each.refusal)->get("knob"), knob);
    EXPECT_TRUE(each.made.empty());
  };
  GenerationRequest hot = request({1}, 1);
  hot.sampling.temperature = 3;
  expect(request({1}, 0), StatusCode::kInvalidArgument, "INVALID_INPUT", "max_tokens");
  expect(request({1, 128}, 1), StatusCode::kInvalidArgument, "INVALID_INPUT", "prompt");
  expect(hot, StatusCode::kInvalidArgument, "INVALID_INPUT", "sampling");
  expect(request({1}, 20), StatusCode::kInvalidArgument, "PROMPT_TOO_LONG", "max_tokens");
  expect(request({1}, 17), StatusCode::kResourceExhausted, "KV_CACHE_TOO_SMALL", "max_tokens");
  Caller& fits = ask(request({1}, 16));
  await(fits);
  EXPECT_EQ(fits.tokens(), fits.alone());
}

TEST_F(GenerationLoopTest, OneMoreThanMayBeOpenIsRefusedAndAPlaceIsFreeWhenOneEnds) {
  open(100, 4, {.planner = {.max_running = 1, .max_waiting = 2}});
  engine_->permit(0);
  for (int i = 0; i < 4; ++i) ask(request({2, 2}, 5));  // of one loop, so in this order
  Caller& refused = callers_.back();
  await(refused);
  EXPECT_EQ(refused.refusal.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(refused.refusal), "MODEL_QUEUE_FULL");
  EXPECT_TRUE(grpc::find_detail<grpc::RetryInfo>(refused.refusal));
  engine_->release();
  for (int i = 0; i < 3; ++i) await(callers_[static_cast<std::size_t>(i)]);
  Caller& next = ask(request({4, 2}, 5));
  await(next);
  EXPECT_EQ(next.tokens(), next.alone());
  EXPECT_EQ(loop_->statistics().saved.refused, 1U);
}

TEST_F(GenerationLoopTest, LogitsThatAreNotAllowedEndOneSequence) {
  open(100, 4);
  GenerationRequest forbidding = request({1, 2}, 5);
  // As many as may be: the vocabulary is smaller.
  for (Token token = 0; token < static_cast<Token>(ToyEngine::kVocabulary); ++token)
    forbidding.sampling.logit_bias.emplace_back(token, -std::numeric_limits<float>::infinity());
  Caller& nothing = ask(forbidding);
  Caller& other = ask(request({2, 2}, 5));
  await_all();
  EXPECT_EQ(nothing.finish, FinishReason::kError);
  EXPECT_EQ(nothing.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(grpc::error_info(nothing.status)->get("knob"), "logit_bias");
  EXPECT_EQ(other.tokens(), other.alone());
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, TimesAreCountedForEachToken) {
  open(100, 4);
  for (Token key = 0; key < 5; ++key) ask(request({key, 2}, 6));
  await_all();
  const GenerationStatistics now = loop_->statistics();
  const auto count = [](const LatencyHistogram& histogram) {
    return std::accumulate(histogram.counts.begin(), histogram.counts.end(), std::uint64_t{0});
  };
  EXPECT_EQ(now.tokens, 30U);
  EXPECT_EQ(now.prompt_tokens, 10U);
  EXPECT_EQ(count(now.time_to_first_token), 5U);
  EXPECT_EQ(count(now.inter_token), 25U);
  EXPECT_GE(now.steps.count, 6U);
  EXPECT_EQ(now.pages, 100U);
}

TEST_F(GenerationLoopTest, SequencesOfALoopThatIsGoneLeave) {
  open(100, 4, {.planner = {.max_running = 1, .max_waiting = 0}});
  engine_->permit(0);
  std::optional<Result<GenerationStream>> stream;
  {
    net::LoopThread home;
    home.loop().post([&] { stream.emplace(loop_->start(request({1, 2}, 50))); });
    ASSERT_TRUE(engine_->wait_until_held());
  }
  engine_->release();
  for (int i = 0; i < 6000 && loop_->statistics().saved.cancelled == 0; ++i)
    std::this_thread::sleep_for(10ms);
  EXPECT_EQ(loop_->statistics().saved.cancelled, 1U);
  expect_nobody_left();
  Caller& next = ask(request({4, 2}, 5));
  await(next);
  EXPECT_EQ(next.tokens(), next.alone());
}

/// Tokens that are multiples of `step`, `length` of them: each place allows those that have not come yet.
class Multiples final : public generation::TokenGrammar {
 public:
  Multiples(Token step, std::size_t length) : step_(step), length_(length) {}

  std::unique_ptr<generation::TokenConstraint> begin() const override {
    return std::make_unique<Place>(step_, length_);
  }

 private:
  class Place final : public generation::TokenConstraint {
   public:
    Place(Token step, std::size_t length) : length_(length) {
      for (Token token = 0; static_cast<std::size_t>(token) < ToyEngine::kVocabulary; token += step)
        words_[static_cast<std::size_t>(token) / 32] |= 1U << (token % 32);
    }
    generation::TokenMask allowed() override { return words_; }
    void accept(Token token) override {
      EXPECT_TRUE(generation::is_allowed(words_, token));
      words_[static_cast<std::size_t>(token) / 32] &= ~(1U << (token % 32));
      --length_;
    }
    bool is_over() override { return length_ == 0; }

   private:
    std::array<std::uint32_t, ToyEngine::kVocabulary / 32> words_{};
    std::size_t length_;
  };

  const Token step_;
  const std::size_t length_;
};

TEST_F(GenerationLoopTest, AGrammarHoldsItsSequenceAndChangesNobodyElse) {
  open(30, 4, {.planner = {.max_running = 16, .prefill_tokens = 32}});
  std::mt19937 random{11};
  for (Token key = 0; key < 32; ++key) {
    Caller& each = caller(request(prompt(key, random, 0), key % 2 == 0 ? 30 : 24));
    if (key % 2 == 0) each.request.grammar = std::make_shared<Multiples>(key % 4 == 0 ? 3 : 5, 24);
  }
  start_together();
  await_all();
  EXPECT_GT(loop_->statistics().planner.preemptions, 0U) << "the pages were to be scarce";
  for (const Caller& each : callers_) {
    const std::vector<Token> tokens = each.tokens();
    if (each.key() % 2 != 0) {
      EXPECT_EQ(tokens, each.alone()) << each.key();
      continue;
    }
    EXPECT_EQ(each.finish, FinishReason::kComplete);
    EXPECT_EQ(tokens.size(), 24U);
    EXPECT_EQ((std::set<Token>{tokens.begin(), tokens.end()}).size(), 24U) << "each once";
    const Token step = each.key() % 4 == 0 ? 3 : 5;
    for (const Token token : tokens) EXPECT_EQ(token % step, 0);
  }
  EXPECT_EQ(loop_->statistics().stopped, 16U);
  const std::size_t held = callers_.size();
  for (std::size_t i = 0; i < held; i += 2) {
    Caller& alone = ask(callers_[i].request);
    await(alone);
    EXPECT_EQ(alone.tokens(), callers_[i].tokens()) << "as in the batch, computed anew or not";
  }
  expect_nobody_left();
}

TEST_F(GenerationLoopTest, AGrammarThatEndsAfterMaxTokensIsCutAndOneWithoutTokensFails) {
  open(40, 4);
  GenerationRequest cut = request({1, 2}, 5), nothing = request({2, 2}, 5);
  cut.grammar = std::make_shared<Multiples>(1, 9);
  nothing.grammar = std::make_shared<Multiples>(ToyEngine::kVocabulary, 9);  // token 0, once
  Caller& first = ask(std::move(cut));
  Caller& second = ask(std::move(nothing));
  await_all();
  EXPECT_EQ(first.finish, FinishReason::kLength);
  EXPECT_EQ(first.made.size(), 5U);
  EXPECT_EQ(second.finish, FinishReason::kError);
  EXPECT_EQ(second.status.code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(second.tokens(), std::vector<Token>{0});
}

}  // namespace
}  // namespace parlance::scheduling
