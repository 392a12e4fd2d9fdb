#include "app/bench.h"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "app/bench_plots.h"
#include "app/bench_progress.h"
#include "app/bench_report.h"
#include "app/exit_codes.h"
#include "app/input.h"
#include "app/json_requests.h"
#include "app/status_text.h"
#include "load/load_run.h"
#include "net/signals.h"

namespace parlance::app {
namespace {

constexpr Duration kConnectPatience = std::chrono::seconds{20};
// How often it is looked whether the run is over.
constexpr Duration kLook = std::chrono::milliseconds{20};

// Why a run does not begin.
struct Failure {
  int exit_code;
  std::string text;
};
template <typename T>
using Expected = std::expected<T, Failure>;

std::unexpected<Failure> failure(int exit_code, std::string text) {
  return std::unexpected{Failure{exit_code, std::move(text)}};
}
std::unexpected<Failure> failure(const Status& status) {
  return failure(static_cast<int>(status.code()), status_text(status));
}

int fail(const Failure& failure) {
  std::fputs(failure.text.c_str(), stderr);
  return failure.exit_code;
}

load::MethodKind kind_of(const google::protobuf::MethodDescriptor& method) {
  using enum load::MethodKind;
  if (method.client_streaming()) return method.server_streaming() ? kBidiStreaming : kClientStreaming;
  return method.server_streaming() ? kServerStreaming : kUnary;
}

Expected<std::vector<Buffer>> read_bytes(const std::string& data) {
  const std::string name = data == "@-" ? "/dev/stdin" : data.substr(1);
  std::ifstream file{name, std::ios::binary};
  std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  if (!file) return failure(kExitNoInput, fmt::format("cannot read {}\n", name));
  return std::vector{Buffer::adopt(std::move(bytes))};
}

Expected<std::vector<Buffer>> read_json(const BenchRequest& request, Schema& schema,
                                        const google::protobuf::Descriptor& type) {
  auto input = Input::open(request.data);
  if (!input) return failure(kExitNoInput, input.error() + "\n");
  const JsonMessages messages{schema.pool()};
  JsonRequests documents{type, messages, *input};
  std::vector<Buffer> requests;
  while (true) {
    auto next = documents.next();
    if (!next) return failure(kExitData, next.error() + "\n");
    if (!*next) break;
    requests.push_back(**std::move(next));
  }
  if (requests.empty()) requests.emplace_back();
  return requests;
}

std::vector<load::Step> steps_of(const BenchRequest& request) {
  if (request.rates.empty()) return {{.per_second = 0, .length = request.duration}};
  std::vector<load::Step> steps;
  for (const double rate : request.rates) steps.push_back({.per_second = rate, .length = request.duration});
  return steps;
}

Expected<load::Plan> plan_of(const BenchRequest& request) {
  auto metadata = metadata_of(request);
  if (!metadata) return failure(kExitUsage, metadata.error() + "\n");
  ChannelOptions options = channel_options(request);
  options.enable_retries = false;  // what fails is to be seen
  const Channel channel = Channel::open(request.target, options);
  const Deadline deadline = Deadline::after(Clock::now(), kConnectPatience);
  const auto schema = schema_for(request, channel, *metadata, deadline);
  if (!schema) return failure(kExitNoInput, std::string{schema.error().message()} + "\n");
  const auto method = find_method(**schema, request.method);
  if (!method) return failure(method.error());
  auto requests =
      request.binary ? read_bytes(request.data) : read_json(request, **schema, *(*method)->input_type());
  if (!requests) return std::unexpected{requests.error()};

  load::Plan plan{.target = request.target,
                  .channel = std::move(options),
                  .path = path_of(**method),
                  .kind = kind_of(**method),
                  .requests = *std::move(requests),
                  .metadata = *std::move(metadata),
                  .timeout = request.timeout,
                  .connections = request.connections,
                  .streams = request.streams,
                  .threads = request.threads,
                  .messages = request.messages,
                  .pipeline = request.pipeline,
                  .warm_up = request.warm_up,
                  .steps = steps_of(request),
                  .calls = request.calls,
                  .grace = request.grace};
  if (plan.messages == 0) plan.messages = plan.requests.size();
  return plan;
}

// Until its end, or until a signal ends it.
void watch(load::LoadRun& run) {
  net::SignalWait signals{SIGINT, SIGTERM};
  BenchProgress progress{run.plan()};
  run.begin();
  TimePoint show_at = Clock::now() + progress.interval();
  while (!run.done()) {
    if (signals.wait_until(Clock::now() + kLook)) {
      run.stop();
    } else if (Clock::now() >= show_at && !run.done()) {
      progress.show(run.progress());
      show_at += progress.interval();
    }
  }
  progress.end();
}

// The most frequent status but OK, as an exit code.
int exit_code_of(const load::Tally& tally) {
  const auto failures = tally.statuses.begin() + 1;
  const auto most = std::max_element(failures, tally.statuses.end());
  return *most == 0 ? kExitOk : static_cast<int>(most - tally.statuses.begin());
}

int report(const BenchRequest& request, const load::LoadRun& run, std::ofstream& svg) {
  const std::vector<load::StepResult> results = run.results();
  const std::string text = request.json ? bench_json(run.plan(), results) : bench_report(run.plan(), results);
  std::fputs(text.c_str(), stdout);
  if (svg.is_open() && !(svg << bench_plots(run.plan(), results) << std::flush)) {
    return fail({kExitNoInput, fmt::format("--svg: cannot write {}\n", request.svg_file)});
  }
  return exit_code_of(sum_of(results));
}

}  // namespace

int bench(const BenchRequest& request) {
  std::ofstream svg;
  if (!request.svg_file.empty()) {
    svg.open(request.svg_file, std::ios::binary);
    if (!svg) return fail({kExitNoInput, fmt::format("--svg: cannot write {}\n", request.svg_file)});
  }
  auto plan = plan_of(request);
  if (!plan) return fail(plan.error());
  load::LoadRun run{*std::move(plan)};
  const Status connected = run.connect(Deadline::after(Clock::now(), kConnectPatience));
  if (!connected.ok()) return fail(failure(connected).error());
  watch(run);
  return report(request, run, svg);
}

}  // namespace parlance::app
