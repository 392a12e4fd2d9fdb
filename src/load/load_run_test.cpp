#include "load/load_run.h"

#include <gmock/gmock.h>

#include <string>
#include <thread>

#include "grpc/error_details.h"
#include "rpc/echo_test_support.h"

namespace parlance::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EchoServer;

Buffer text_message(const std::string& value) {
  return Buffer::adopt(testing::text(value).SerializeAsString());
}

Plan plan_for(const EchoServer& server, std::string_view method, MethodKind kind = MethodKind::kUnary) {
  Plan plan{.target = server.target(), .path = "/test.Echo/" + std::string{method}, .kind = kind};
  plan.requests = {text_message("abc")};
  plan.calls = 40;
  return plan;
}

// Runs it to its end.
std::vector<StepResult> results_of(Plan plan) {
  LoadRun run{std::move(plan)};
  const Status connected = run.connect(Deadline::after(Clock::now(), seconds{30}));
  EXPECT_TRUE(connected.ok()) << connected.to_string();
  run.begin();
  EXPECT_TRUE(testing::eventually([&] { return run.done(); }));
  return run.results();
}

Tally tally_of(Plan plan) {
  const auto results = results_of(std::move(plan));
  EXPECT_EQ(results.size(), 1U);
  return results.empty() ? Tally{} : results.front().tally;
}

TEST(LoadRun, MakesAsManyUnaryCallsAsPlanned) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.connections = 3;
  plan.streams = 4;
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.statuses[0], 40U);
  EXPECT_EQ(tally.calls(), 40U);
  EXPECT_EQ(tally.finished, 40U);
  EXPECT_EQ(tally.failed(), 0U);
  EXPECT_EQ(tally.latency.count(), 40U);
  EXPECT_EQ(tally.messages_sent, 40U);
  EXPECT_EQ(tally.messages_received, 40U);
  EXPECT_EQ(tally.bytes_sent, 40 * text_message("abc").size());
  EXPECT_EQ(tally.bytes_received, tally.bytes_sent);
  EXPECT_EQ(server.echo().started, 40);
}

TEST(LoadRun, SeveralLoopsShareTheCalls) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.calls = 41;
  plan.threads = 2;
  plan.connections = 3;
  EXPECT_EQ(tally_of(std::move(plan)).statuses[0], 41U);
}

TEST(LoadRun, SendsItsRequestsInTurn) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.requests = {text_message("a"), text_message("four"), text_message("")};
  plan.calls = 6;
  const Tally tally = tally_of(plan);
  EXPECT_EQ(tally.bytes_received, 2 * (plan.requests[0].size() + plan.requests[1].size()));
}

TEST(LoadRun, OfAServerStreamCountsMessagesAndTheFirst) {
  const EchoServer server;
  const Tally tally = tally_of(plan_for(server, "Split", MethodKind::kServerStreaming));
  EXPECT_EQ(tally.statuses[0], 40U);
  EXPECT_EQ(tally.messages_sent, 40U);
  EXPECT_EQ(tally.messages_received, 120U);  // a letter each
  EXPECT_EQ(tally.first_response.count(), 40U);
}

TEST(LoadRun, OfAClientStreamSendsItsMessages) {
  const EchoServer server;
  Plan plan = plan_for(server, "Collect", MethodKind::kClientStreaming);
  plan.messages = 7;
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.statuses[0], 40U);
  EXPECT_EQ(tally.messages_sent, 280U);
  EXPECT_EQ(tally.messages_received, 40U);
}

TEST(LoadRun, ABidiStreamWritesAndReadsIndependently) {
  const EchoServer server;
  Plan plan = plan_for(server, "Chat", MethodKind::kBidiStreaming);
  plan.messages = 50;
  plan.streams = 3;
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.statuses[0], 40U);
  EXPECT_EQ(tally.messages_received, 2'000U);
  EXPECT_EQ(tally.round_trip.count(), 0U);
}

TEST(LoadRun, APipelineTimesEveryMessage) {
  const EchoServer server;
  Plan plan = plan_for(server, "Chat", MethodKind::kBidiStreaming);
  plan.messages = 50;
  plan.pipeline = 4;
  plan.calls = 5;
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.messages_received, 250U);
  EXPECT_EQ(tally.round_trip.count(), 250U);
}

TEST(LoadRun, AnOpenLoopMakesEveryCallOfItsSchedule) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.calls = 0;
  plan.streams = 8;
  plan.steps = {{.per_second = 1'000, .length = milliseconds{100}},
                {.per_second = 2'000, .length = milliseconds{50}}};
  const auto results = results_of(std::move(plan));
  ASSERT_EQ(results.size(), 2U);
  for (const StepResult& result : results) {
    EXPECT_EQ(result.length, result.step.length);
    EXPECT_EQ(result.tally.calls() + result.tally.not_sent, 100U);
    EXPECT_EQ(result.tally.latency.count(), 100U);
    EXPECT_EQ(result.tally.failed(), 0U);
  }
}

TEST(LoadRun, WhatAnOpenLoopCannotSendCountsAsWaiting) {
  const EchoServer server;
  Plan plan = plan_for(server, "UntilCancelled");  // the one stream is taken for good
  plan.calls = 0;
  plan.grace = milliseconds{1};
  plan.steps = {{.per_second = 1'000, .length = milliseconds{50}}};
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.calls(), 0U);
  EXPECT_EQ(tally.unfinished, 1U);
  EXPECT_EQ(tally.not_sent, 49U);
  EXPECT_EQ(tally.latency.max(), milliseconds{49});  // the second call, due after 1 ms
}

TEST(LoadRun, AnOpenLoopOfManyCallsEndsWithTheLast) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.streams = 16;
  plan.steps = {{.per_second = 5'000}};
  plan.threads = 2;
  plan.connections = 2;
  EXPECT_EQ(tally_of(std::move(plan)).statuses[0], 40U);
}

TEST(LoadRun, TheWarmUpIsNotReported) {
  const EchoServer server;
  Plan plan = plan_for(server, "Unary");
  plan.warm_up = milliseconds{20};
  const auto results = results_of(std::move(plan));
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].tally.calls(), 40U);
  EXPECT_GT(server.echo().started, 40);
}

TEST(LoadRun, CountsStatusesAndKeepsTheFirstOfEach) {
  const EchoServer server;
  Plan plan = plan_for(server, "Fail");
  plan.requests = {Buffer::adopt(testing::number(5).SerializeAsString()),
                   Buffer::adopt(testing::number(9).SerializeAsString())};
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.failed(), 40U);
  EXPECT_EQ(tally.statuses[5], 20U);
  EXPECT_EQ(tally.statuses[9], 20U);
  EXPECT_EQ(tally.first_errors[5].code(), StatusCode::kNotFound);
  EXPECT_THAT(tally.first_errors[9].message(), ::testing::HasSubstr("wanted"));
  EXPECT_TRUE(tally.first_errors[13].ok());
}

TEST(LoadRun, EveryCallHasTheTimeout) {
  const EchoServer server;
  Plan plan = plan_for(server, "UntilCancelled");
  plan.timeout = milliseconds{5};
  plan.calls = 4;
  plan.streams = 2;
  EXPECT_EQ(tally_of(std::move(plan)).statuses[4], 4U);
}

TEST(LoadRun, StoppedEarlyItHasResultsSoFar) {
  const EchoServer server;
  Plan plan = plan_for(server, "UntilCancelled");
  plan.calls = 0;
  plan.streams = 5;
  plan.steps = {{.length = std::chrono::hours{1}}, {.length = std::chrono::hours{1}}};
  LoadRun run{std::move(plan)};
  ASSERT_TRUE(run.connect(Deadline::after(Clock::now(), seconds{30})).ok());
  run.begin();
  EXPECT_TRUE(testing::eventually([&] { return server.echo().started == 5; }));
  EXPECT_FALSE(run.done());
  run.stop();
  EXPECT_TRUE(testing::eventually([&] { return run.done(); }));
  const auto results = run.results();
  ASSERT_EQ(results.size(), 1U);  // the second step never began
  EXPECT_EQ(results[0].tally.unfinished, 5U);
  EXPECT_EQ(results[0].tally.calls(), 0U);
}

TEST(LoadRun, DroppedWhileItRunsItEnds) {
  const EchoServer server;
  Plan plan = plan_for(server, "Chat", MethodKind::kBidiStreaming);
  plan.calls = 0;
  plan.messages = 1'000'000'000;
  plan.pipeline = 2;
  LoadRun run{std::move(plan)};
  ASSERT_TRUE(run.connect(Deadline::after(Clock::now(), seconds{30})).ok());
  run.begin();
  EXPECT_TRUE(testing::eventually([&] { return run.progress().elapsed > milliseconds{5}; }));
}

TEST(LoadRun, StreamsAreEndedWhenTheTimeIsUp) {
  const EchoServer server;
  Plan plan = plan_for(server, "Chat", MethodKind::kBidiStreaming);
  plan.calls = 0;
  plan.messages = 1'000'000'000;
  plan.steps = {{.length = milliseconds{30}}};
  const Tally tally = tally_of(std::move(plan));
  EXPECT_EQ(tally.statuses[0], 1U);  // half-closed, answered
  EXPECT_EQ(tally.unfinished, 0U);
}

TEST(LoadRun, SaysWhyNobodyIsThere) {
  std::string target;
  {
    const EchoServer server;
    target = server.target();
  }
  Plan plan{.target = target, .path = "/test.Echo/Unary", .requests = {Buffer{}}};
  LoadRun run{std::move(plan)};
  const Status status = run.connect(Deadline::after(Clock::now(), seconds{30}));
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{status.message()}, ::testing::HasSubstr(target));
}

TEST(LoadRun, ATargetThatCannotBeReadIsTold) {
  LoadRun run{Plan{.target = "no port", .path = "/a/b", .requests = {Buffer{}}}};
  EXPECT_EQ(run.connect(Deadline::after(Clock::now(), seconds{30})).code(), StatusCode::kInvalidArgument);
}

TEST(LoadRun, AServerThatGoesAwayIsCountedAndNotSpunOn) {
  auto server = std::make_unique<EchoServer>();
  Plan plan = plan_for(*server, "Unary");
  plan.channel.enable_retries = false;
  plan.calls = 0;
  plan.steps = {{.length = std::chrono::hours{1}}};
  LoadRun run{std::move(plan)};
  ASSERT_TRUE(run.connect(Deadline::after(Clock::now(), seconds{30})).ok());
  run.begin();
  EXPECT_TRUE(testing::eventually([&] { return server->echo().started > 0; }));
  server.reset();
  EXPECT_TRUE(testing::eventually([&] { return run.progress().failed > 3; }));
  run.stop();
  EXPECT_TRUE(testing::eventually([&] { return run.done(); }));
  const Tally tally = run.results().front().tally;
  EXPECT_GT(tally.statuses[14], 3U);
  EXPECT_GT(tally.statuses[0], 0U);
}

}  // namespace
}  // namespace parlance::load
