#include "app/bench_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "app/quantities.h"
#include "app/text_table.h"
#include "grpc/error_details.h"

namespace parlance::app {
namespace {

using load::Plan;
using load::StepResult;
using load::Tally;

double rate(std::uint64_t count, const StepResult& result) {
  return static_cast<double>(count) / seconds(result.length);
}

// A client this busy cannot do more, and waits for the processor where the server should be measured.
constexpr double kBusy = 0.95;

double cpu_share(const StepResult& result, unsigned threads) {
  return seconds(result.tally.cpu) / seconds(result.length) / threads;
}

std::string heading(const Plan& plan) {
  std::string text =
      fmt::format("{} at {}: {} loop, {} connection{} × {} stream{}", plan.path.substr(1), plan.target,
                  plan.steps.front().per_second > 0 ? "open" : "closed", plan.connections,
                  plan.connections == 1 ? "" : "s", plan.streams, plan.streams == 1 ? "" : "s");
  if (plan.threads > 1) text += fmt::format(", {} threads", plan.threads);
  return text + "\n";
}

std::vector<std::string> latency_row(std::string title, const load::Histogram& times) {
  return {std::move(title),
          time_text(times.percentile(50)),
          time_text(times.percentile(90)),
          time_text(times.percentile(99)),
          time_text(times.percentile(99.9)),
          time_text(times.max()),
          time_text(times.mean())};
}

std::string latencies(const Tally& tally) {
  std::vector<std::vector<std::string>> rows{{"", "p50", "p90", "p99", "p99.9", "max", "mean"}};
  rows.push_back(latency_row("latency", tally.latency));
  if (tally.first_response.count() > 0) rows.push_back(latency_row("first response", tally.first_response));
  if (tally.round_trip.count() > 0) rows.push_back(latency_row("round trip", tally.round_trip));
  return text_table(rows, 2);
}

// On one line, whatever the server wrote.
std::string first_error(const Status& status) {
  std::string text;
  if (const auto info = grpc::error_info(status)) text += info->reason + ": ";
  text += status.message();
  std::ranges::replace_if(text, [](unsigned char c) { return c < ' '; }, ' ');
  return text;
}

std::string statuses(const Tally& tally) {
  std::string text;
  for (std::size_t code = 0; code < load::kStatusCodes; ++code) {
    if (tally.statuses[code] == 0) continue;
    text += fmt::format("  {:<20} {:>12}", to_string(static_cast<StatusCode>(code)),
                        count_text(tally.statuses[code]));
    if (code != 0) text += "  first: " + first_error(tally.first_errors[code]);
    text += "\n";
  }
  if (tally.unfinished > 0) {
    text += fmt::format("  {:<20} {:>12}  open at the end, and cancelled\n", "unfinished",
                        count_text(tally.unfinished));
  }
  if (tally.not_sent > 0) {
    text += fmt::format(
        "  {:<20} {:>12}  were due and found no free stream: raise --streams or --connections, or ask less\n",
        "not sent", count_text(tally.not_sent));
  }
  return text;
}

std::string traffic(const StepResult& result) {
  const Tally& tally = result.tally;
  return fmt::format(
      "  sent           {} messages/s, {}/s\n  received       {} messages/s, {}/s\n",
      number_text(rate(tally.messages_sent, result)), bytes_text(rate(tally.bytes_sent, result)),
      number_text(rate(tally.messages_received, result)), bytes_text(rate(tally.bytes_received, result)));
}

// Of a unary call each; of streams, which may last for the whole run, each message sent or received.
std::string client_cost(const StepResult& result, const Plan& plan) {
  const Tally& tally = result.tally;
  const bool unary = plan.kind == load::MethodKind::kUnary;
  const std::uint64_t units = unary ? tally.finished : tally.messages_sent + tally.messages_received;
  if (units == 0) return {};
  return fmt::format("  client         {} of CPU a {}, {:.0f} % of {}\n",
                     time_text(tally.cpu / static_cast<std::int64_t>(units)), unary ? "call" : "message",
                     100 * cpu_share(result, plan.threads),
                     plan.threads == 1 ? "its thread" : fmt::format("its {} threads", plan.threads));
}

std::string busy_note(const std::vector<StepResult>& results, const Plan& plan) {
  for (const StepResult& result : results) {
    if (cpu_share(result, plan.threads) < kBusy) continue;
    return "The client had no time left: it was the limit, or near it. More --threads (and --connections) "
           "help where "
           "there are cores.\n";
  }
  return {};
}

std::string report_of(const StepResult& result, const Plan& plan) {
  const Tally& tally = result.tally;
  std::string text = fmt::format("  {} calls in {}: {} a second", count_text(tally.finished),
                                 time_text(result.length), number_text(result.calls_per_second()));
  if (result.step.per_second > 0) {
    text += fmt::format(" ({} wanted; {} waited for a stream)", number_text(result.step.per_second),
                        count_text(tally.waited));
  }
  return text + "\n\n" + latencies(tally) + "\n" + traffic(result) + client_cost(result, plan) + "\n" +
         statuses(tally);
}

std::string ramp_table(const std::vector<StepResult>& results) {
  std::vector<std::vector<std::string>> rows{
      {"wanted/s", "calls/s", "p50", "p90", "p99", "p99.9", "max", "failed", "not sent", "client CPU"}};
  for (const StepResult& result : results) {
    const load::Histogram& times = result.tally.latency;
    rows.push_back({number_text(result.step.per_second), number_text(result.calls_per_second()),
                    time_text(times.percentile(50)), time_text(times.percentile(90)),
                    time_text(times.percentile(99)), time_text(times.percentile(99.9)),
                    time_text(times.max()), count_text(result.tally.failed()),
                    count_text(result.tally.not_sent), fmt::format("{:.0f} %", 100 * cpu_share(result, 1))});
  }
  return text_table(rows, 2);
}

}  // namespace

Tally sum_of(const std::vector<StepResult>& results) {
  Tally sum;
  for (const StepResult& result : results) sum.merge(result.tally);
  return sum;
}

std::string bench_report(const Plan& plan, const std::vector<StepResult>& results) {
  std::string text = heading(plan);
  if (results.empty()) return text + "  ended within the warm-up\n";
  if (plan.steps.size() == 1) {
    text += report_of(results.front(), plan);
  } else {
    text += "\n" + ramp_table(results) + "\n" + statuses(sum_of(results));
  }
  return text + busy_note(results, plan);
}

}  // namespace parlance::app
