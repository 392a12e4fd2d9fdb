#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "app/bench_codec.h"
#include "app/quantities.h"
#include "app/text_table.h"

namespace parlance::app {
namespace {

constexpr double kCallsPerSecond = 10'000;

// Of processors, when the message is written once and read once a call.
double cores(double us_per_call) { return us_per_call * kCallsPerSecond / 1e6; }

std::string cores_text(double of_cores) {
  if (std::abs(of_cores) >= 1) return fmt::format("{:.2f} cores", of_cores);
  return fmt::format("{:.1f} % of a core", 100 * of_cores);
}

std::string us_text(double us) { return fmt::format("{:.{}f} µs", us, us < 10 ? 3 : 1); }

}  // namespace

std::string codec_report(const CodecBenchRequest& request, const std::vector<CodecResult>& results) {
  const CodecResult& ours = results.front();
  std::vector<std::vector<std::string>> rows{
      {"", "bytes", "encode", "decode", "both", "at 10,000 calls/s", fmt::format("more than {}", ours.name)}};
  for (const CodecResult& result : results) {
    const bool is_ours = &result == &ours;
    rows.push_back({result.name, count_text(result.size_bytes), us_text(result.encode_us),
                    us_text(result.decode_us), us_text(result.both_us()), cores_text(cores(result.both_us())),
                    is_ours ? "" : cores_text(cores(result.both_us() - ours.both_us()))});
  }
  return fmt::format("A PredictRequest with {} features: processor time of one, median of {} rounds.\n\n",
                     count_text(request.features), count_text(request.rounds)) +
         text_table(rows) +
         "\nFrom a program's own types to bytes and back into them. JSON has the shortest decimals that give "
         "the same\n"
         "floats back; simdjson only reads, so fmt writes for it. Text has to be parsed number by number; "
         "packed floats\n"
         "are copied.\n";
}

std::string codec_json(const CodecBenchRequest& request, const std::vector<CodecResult>& results) {
  using Json = nlohmann::ordered_json;
  const double ours_us = results.front().both_us();
  Json codecs = Json::array();
  for (const CodecResult& result : results) {
    codecs.push_back({{"name", result.name},
                      {"bytes", result.size_bytes},
                      {"encode_us", result.encode_us},
                      {"decode_us", result.decode_us},
                      {"cores_at_10000_calls_per_second", cores(result.both_us())},
                      {"cores_more_than_first", cores(result.both_us() - ours_us)}});
  }
  const Json document{
      {"features", request.features}, {"rounds", request.rounds}, {"codecs", std::move(codecs)}};
  return document.dump(2) + "\n";
}

}  // namespace parlance::app
