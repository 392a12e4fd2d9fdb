#include "app/bench_report.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "app/bench_plots.h"
#include "app/bench_progress.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::Not;

load::Plan plan() {
  load::Plan plan{.target = "host:1", .path = "/shop.Till/Pay"};
  plan.connections = 2;
  plan.streams = 5;
  return plan;
}

// A thousand calls of 1 to 1,000 µs in two seconds, three of which failed.
load::StepResult result(double per_second = 0) {
  load::StepResult result{
      .step = {.per_second = per_second, .length = seconds{2}}, .length = seconds{2}, .tally = {}};
  load::Tally& tally = result.tally;
  for (int i = 1; i <= 1'000; ++i) tally.latency.record(microseconds{i});
  tally.finished = 1'000;
  tally.statuses[0] = 997;
  tally.statuses[8] = 3;
  tally.first_errors[8] =
      grpc::make_error(StatusCode::kResourceExhausted, "MEMORY_LIMIT", "no more\nroom", {});
  tally.messages_sent = 1'000;
  tally.messages_received = 997;
  tally.bytes_sent = 34'000;
  tally.bytes_received = 99'700;
  tally.cpu = milliseconds{20};
  return result;
}

TEST(BenchReport, SaysWhatWasMeasured) {
  EXPECT_EQ(bench_report(plan(), {result()}),
            "shop.Till/Pay at host:1: closed loop, 2 connections × 5 streams\n"
            "  1,000 calls in 2.00 s: 500 a second\n"
            "\n"
            "              p50     p90     p99   p99.9      max    mean\n"
            "  latency  501 µs  901 µs  991 µs  999 µs  1.00 ms  500 µs\n"
            "\n"
            "  sent           500 messages/s, 17.0 kB/s\n"
            "  received       499 messages/s, 49.9 kB/s\n"
            "  client         20.0 µs of CPU a call, 1 % of its thread\n"
            "\n"
            "  OK                            997\n"
            "  RESOURCE_EXHAUSTED              3  first: MEMORY_LIMIT: no more room\n");
}

TEST(BenchReport, OfAnOpenLoopSaysWhatWasWantedAndNotSent) {
  load::Plan open = plan();
  open.steps = {{.per_second = 600, .length = seconds{2}}};
  load::StepResult step = result(600);
  step.tally.waited = 40;
  step.tally.not_sent = 200;
  step.tally.unfinished = 1;
  const std::string report = bench_report(open, {step});
  EXPECT_THAT(report, HasSubstr("open loop"));
  EXPECT_THAT(report, HasSubstr("500 a second (600 wanted; 40 waited for a stream)"));
  EXPECT_THAT(report, HasSubstr("not sent                      200  were due and found no free stream"));
  EXPECT_THAT(report, HasSubstr("unfinished                      1  open at the end"));
}

TEST(BenchReport, OfStreamsTellsTheCostOfAMessage) {
  load::Plan streams = plan();
  streams.kind = load::MethodKind::kBidiStreaming;
  streams.threads = 2;
  EXPECT_THAT(bench_report(streams, {result()}),
              HasSubstr("client         10.0 µs of CPU a message, 0 % of its 2 threads"));
}

TEST(BenchReport, OfARampIsATable) {
  load::Plan ramp = plan();
  ramp.steps = {{.per_second = 500, .length = seconds{2}}, {.per_second = 1'000, .length = seconds{2}}};
  const std::string report = bench_report(ramp, {result(500), result(1'000)});
  EXPECT_THAT(
      report,
      HasSubstr("  wanted/s  calls/s     p50     p90     p99   p99.9      max  failed  not sent  client CPU\n"
                "  500           500  501 µs  901 µs  991 µs  999 µs  1.00 ms       3         0         1 %\n"
                "  1,000         500  501 µs"));
  EXPECT_THAT(report, HasSubstr("RESOURCE_EXHAUSTED              6"));
}

TEST(BenchReport, SaysWhenTheClientWasTheLimit) {
  load::StepResult busy = result();
  busy.tally.cpu = milliseconds{1'990};
  EXPECT_THAT(bench_report(plan(), {busy}), HasSubstr("The client had no time left"));
  EXPECT_THAT(bench_report(plan(), {result()}), Not(HasSubstr("The client had no time left")));
}

TEST(BenchReport, WithoutAStepSaysWhy) {
  EXPECT_THAT(bench_report(plan(), {}), HasSubstr("ended within the warm-up"));
}

TEST(BenchJson, HasEveryFigure) {
  const auto document = nlohmann::json::parse(bench_json(plan(), {result()}));
  EXPECT_EQ(document["method"], "shop.Till/Pay");
  EXPECT_EQ(document["kind"], "unary");
  EXPECT_EQ(document["loop"], "closed");
  EXPECT_EQ(document["connections"], 2);
  const auto& step = document["steps"][0];
  EXPECT_TRUE(step["wanted_calls_per_second"].is_null());
  EXPECT_EQ(step["calls_per_second"], 500.0);
  EXPECT_EQ(step["calls"], 1'000);
  EXPECT_EQ(step["failed"], 3);
  EXPECT_EQ(step["latency_us"]["count"], 1'000);
  EXPECT_EQ(step["latency_us"]["max"], 1'000.0);
  EXPECT_FALSE(step.contains("first_response_us"));
  EXPECT_EQ(step["bytes_received_per_second"], 49'850.0);
  EXPECT_EQ(step["client_cpu_us_per_call"], 20.0);
  EXPECT_DOUBLE_EQ(step["client_cpu_us_per_message"], 20'000.0 / 1'997);
  EXPECT_EQ(step["statuses"], nlohmann::json::parse(R"({"OK": 997, "RESOURCE_EXHAUSTED": 3})"));
  EXPECT_EQ(step["errors"][0]["reason"], "MEMORY_LIMIT");
  EXPECT_EQ(step["errors"][0]["message"], "no more\nroom");
  EXPECT_EQ(step["errors"][0]["count"], 3);
}

TEST(BenchJson, BytesThatAreNoTextAreReplaced) {
  load::StepResult step = result();
  step.tally.first_errors[8] = Status{StatusCode::kResourceExhausted, "\xff!"};
  const auto document = nlohmann::json::parse(bench_json(plan(), {step}));
  EXPECT_EQ(document["steps"][0]["errors"][0]["message"], "\xEF\xBF\xBD!");
  EXPECT_TRUE(document["steps"][0]["errors"][0]["reason"].is_null());
}

TEST(BenchPlots, OneStepHasItsPercentiles) {
  const std::string drawn = bench_plots(plan(), {result()});
  EXPECT_THAT(drawn, HasSubstr("shop.Till/Pay: latency by percentile"));
  EXPECT_THAT(drawn, HasSubstr(">99.9</text>"));
  EXPECT_THAT(drawn, Not(HasSubstr("latency by rate")));
}

TEST(BenchPlots, ARampHasItsCurve) {
  load::Plan ramp = plan();
  ramp.steps = {{.per_second = 500}, {.per_second = 1'000}};
  const std::string drawn = bench_plots(ramp, {result(500), result(1'000)});
  EXPECT_THAT(drawn, HasSubstr("latency by rate"));
  EXPECT_THAT(drawn, HasSubstr(">1,000/s</text>"));
}

TEST(BenchPlots, OfNoCallAreEmptyAxes) {
  load::StepResult nothing{.step = {}, .length = seconds{1}, .tally = {}};
  EXPECT_THAT(bench_plots(plan(), {nothing}), HasSubstr("</svg>"));
  EXPECT_THAT(bench_plots(plan(), {}), HasSubstr("</svg>"));
}

TEST(BenchProgress, IsALine) {
  load::Progress progress{.elapsed = milliseconds{12'040},
                          .calls_per_second = 152'461,
                          .messages_per_second = 9,
                          .p50 = microseconds{612},
                          .p99 = microseconds{1'100},
                          .failed = 3};
  EXPECT_EQ(progress_text(progress, plan()), "12.0 s  152,461 calls/s  p50 612 µs  p99 1.10 ms  3 failed");
  progress.failed = 0;
  progress.warming_up = true;
  EXPECT_EQ(progress_text(progress, plan()), "12.0 s  warm-up  152,461 calls/s  p50 612 µs  p99 1.10 ms");
  load::Plan ramp = plan();
  ramp.steps = {{.per_second = 500}, {.per_second = 1'000}};
  ramp.kind = load::MethodKind::kBidiStreaming;
  progress.warming_up = false;
  progress.step = 1;
  EXPECT_EQ(progress_text(progress, ramp),
            "12.0 s  step 2/2, 1,000/s  152,461 calls/s  9.00 responses/s  p50 612 µs  p99 1.10 ms");
}

}  // namespace
}  // namespace parlance::app
