#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "app/bench_report.h"
#include "app/quantities.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

using Json = nlohmann::ordered_json;
using load::StepResult;
using load::Tally;

double microseconds(Duration time) { return std::chrono::duration<double, std::micro>(time).count(); }

std::string_view kind_name(load::MethodKind kind) {
  switch (kind) {
    case load::MethodKind::kUnary:
      return "unary";
    case load::MethodKind::kServerStreaming:
      return "server_streaming";
    case load::MethodKind::kClientStreaming:
      return "client_streaming";
    case load::MethodKind::kBidiStreaming:
      return "bidi_streaming";
  }
  std::unreachable();
}

Json times_json(const load::Histogram& times) {
  return {{"count", times.count()},
          {"min", microseconds(times.min())},
          {"mean", microseconds(times.mean())},
          {"p50", microseconds(times.percentile(50))},
          {"p90", microseconds(times.percentile(90))},
          {"p99", microseconds(times.percentile(99))},
          {"p99_9", microseconds(times.percentile(99.9))},
          {"max", microseconds(times.max())}};
}

Json statuses_json(const Tally& tally) {
  Json statuses = Json::object();
  for (std::size_t code = 0; code < load::kStatusCodes; ++code) {
    if (tally.statuses[code] > 0) statuses[to_string(static_cast<StatusCode>(code))] = tally.statuses[code];
  }
  return statuses;
}

Json errors_json(const Tally& tally) {
  Json errors = Json::array();
  for (std::size_t code = 1; code < load::kStatusCodes; ++code) {
    if (tally.statuses[code] == 0) continue;
    const Status& first = tally.first_errors[code];
    const auto info = grpc::error_info(first);
    errors.push_back({{"code", to_string(first.code())},
                      {"count", tally.statuses[code]},
                      {"reason", info ? Json(info->reason) : Json()},
                      {"message", first.message()}});
  }
  return errors;
}

Json step_json(const StepResult& result, unsigned threads) {
  const Tally& tally = result.tally;
  const auto rate = [&](std::uint64_t count) { return static_cast<double>(count) / seconds(result.length); };
  Json step{{"wanted_calls_per_second", result.step.per_second > 0 ? Json(result.step.per_second) : Json()},
            {"seconds", seconds(result.length)},
            {"calls_per_second", result.calls_per_second()},
            {"calls", tally.calls()},
            {"failed", tally.failed()},
            {"unfinished", tally.unfinished},
            {"not_sent", tally.not_sent},
            {"waited_for_a_stream", tally.waited},
            {"latency_us", times_json(tally.latency)}};
  if (tally.first_response.count() > 0) step["first_response_us"] = times_json(tally.first_response);
  if (tally.round_trip.count() > 0) step["round_trip_us"] = times_json(tally.round_trip);
  step["messages_sent_per_second"] = rate(tally.messages_sent);
  step["messages_received_per_second"] = rate(tally.messages_received);
  step["bytes_sent_per_second"] = rate(tally.bytes_sent);
  step["bytes_received_per_second"] = rate(tally.bytes_received);
  step["client_cpu_share"] = seconds(tally.cpu) / seconds(result.length) / threads;
  const auto cpu_us_each = [&](std::uint64_t count) {
    return count == 0 ? Json() : Json(microseconds(tally.cpu) / static_cast<double>(count));
  };
  step["client_cpu_us_per_call"] = cpu_us_each(tally.finished);
  step["client_cpu_us_per_message"] = cpu_us_each(tally.messages_sent + tally.messages_received);
  step["statuses"] = statuses_json(tally);
  step["errors"] = errors_json(tally);
  return step;
}

}  // namespace

std::string bench_json(const load::Plan& plan, const std::vector<StepResult>& results) {
  Json steps = Json::array();
  for (const StepResult& result : results) steps.push_back(step_json(result, plan.threads));
  const Json document{
      {"target", plan.target},           {"method", plan.path.substr(1)},
      {"kind", kind_name(plan.kind)},    {"loop", plan.steps.front().per_second > 0 ? "open" : "closed"},
      {"connections", plan.connections}, {"streams", plan.streams},
      {"threads", plan.threads},         {"messages", plan.messages},
      {"pipeline", plan.pipeline},       {"warm_up_seconds", seconds(plan.warm_up)},
      {"steps", std::move(steps)}};
  return document.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace parlance::app
