#include "app/bench_command.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <concepts>
#include <expected>
#include <limits>

#include "app/bench_rates.h"
#include "app/usage.h"
#include "app/values.h"

namespace parlance::app {
namespace {

constexpr std::uint64_t kMostConnections = 100'000;
constexpr std::uint64_t kMostStreams = 1'000'000;
constexpr std::uint64_t kMostThreads = 1'024;
constexpr std::uint64_t kMostFeatures = 100'000'000;
constexpr std::uint64_t kMostCount = std::numeric_limits<std::int64_t>::max();

// Reads what flags were given, and keeps what was wrong first.
class FlagReader {
 public:
  const std::string& error() const { return error_; }

  template <std::unsigned_integral Number>
  void count(std::string_view flag, const std::string& text, std::uint64_t most, Number& into) {
    if (text.empty() || !error_.empty()) return;
    const auto count = parse_count(text, most);
    if (!count) return fail(flag, count.error());
    if (*count == 0) return fail(flag, "must be more than 0");
    into = static_cast<Number>(*count);
  }

  void time(std::string_view flag, const std::string& text, Duration& into, bool may_be_zero = false) {
    if (text.empty() || !error_.empty()) return;
    const auto time = parse_duration(text);
    if (!time) return fail(flag, time.error());
    if (*time == Duration::zero() && !may_be_zero) return fail(flag, "must be more than 0");
    into = *time;
  }

  void rates(std::string_view flag, const std::string& text, std::vector<double>& into) {
    if (text.empty() || !error_.empty()) return;
    const auto rates = parse_rates(text);
    if (!rates) return fail(flag, rates.error());
    into = *rates;
  }

 private:
  void fail(std::string_view flag, std::string_view why) { error_ = fmt::format("{}: {}", flag, why); }
  std::string error_;
};

void add_request_flags(CLI::App& bench, BenchCommand& given) {
  BenchRequest& request = given.request;
  bench.add_option("TARGET", request.target, "host:port, ipv4:…, ipv6:…, unix:/path");
  bench.add_option("METHOD", request.method, "package.Service/Method, of any of the four kinds");
  bench
      .add_option(
          "DATA,-d,--data", request.data,
          "The request as JSON, @FILE, or @- for stdin; of\nseveral JSON documents each is sent in turn.\n"
          "Default: an empty request")
      ->type_name("JSON");
  bench.add_flag("--binary", request.binary, "DATA, @FILE or @-, is a serialised message");
  bench
      .add_option("--messages", given.messages,
                  "Requests on each stream of a method that takes a\nstream. Default: as many as DATA has")
      ->type_name("NUMBER");
  bench
      .add_option(
          "--pipeline", given.pipeline,
          "Of a method with streams both ways that answers\neach request: how many may wait for their "
          "answer; 1 is\nping-pong. Times every message. Default: no limit")
      ->type_name("NUMBER");
}

void add_load_flags(CLI::App& bench, BenchCommand& given) {
  const auto add = [&bench](const char* flag, std::string& value, const char* type, const char* help) {
    bench.add_option(flag, value, help)->type_name(type);
  };
  add("-c,--connections", given.connections, "NUMBER", "Connections in all. Default: 1");
  add("-s,--streams", given.streams, "NUMBER", "Calls under way on each connection. Default: 1");
  add("--threads", given.threads, "NUMBER", "Event loops that share the connections. Default: 1");
  add("--rate", given.rate, "RATE",
      "Calls a second, however long they take: latency counts\nfrom when a call was meant to begin. As in "
      "5000, "
      "or a\nramp FROM:TO:STEP. Default: each stream makes its next\ncall when its last one has ended");
  add("--duration", given.duration, "TIME", "How long; each step of a ramp. Default: 10s");
  add("-n,--calls", given.calls, "NUMBER", "How many calls, in place of --duration");
  add("--warm-up", given.warm_up, "TIME", "Before, and not counted. Default: 1s; 0s with --calls");
  add("--grace", given.grace, "TIME", "For calls that are open at the end. Default: 5s");
  bench.add_flag("--json", given.request.json, "Print the results as JSON");
  bench.add_option("--svg", given.request.svg_file, "Draw the latencies, and the curve of a ramp")
      ->type_name("FILE");
}

const CLI::App* add_codec(CLI::App& bench, BenchCommand& given) {
  CLI::App* codec = bench.add_subcommand("codec", "Compare protobuf with JSON, here and without a server.");
  codec->add_option("--features", given.features, "Numbers in the message. Default: 512")
      ->type_name("NUMBER");
  codec->add_option("--rounds", given.rounds, "Messages written and read. Default: 10000")
      ->type_name("NUMBER");
  codec->add_flag("--json", given.codec.json, "Print the results as JSON");
  return codec;
}

int run_codec(BenchCommand& given) {
  FlagReader flags;
  flags.count("--features", given.features, kMostFeatures, given.codec.features);
  flags.count("--rounds", given.rounds, kMostCount, given.codec.rounds);
  return flags.error().empty() ? bench_codec(given.codec) : usage_error(flags.error());
}

// Empty when everything goes together.
std::string conflict_in(const BenchCommand& given) {
  const BenchRequest& request = given.request;
  if (request.target.empty()) return "TARGET is missing: host:port";
  if (request.method.empty()) return "METHOD is missing: package.Service/Method";
  if (request.binary && !request.data.starts_with('@')) return "--binary: DATA must be @FILE or @-";
  if (!given.calls.empty() && !given.duration.empty()) return "--calls and --duration: only one of them";
  if (!given.calls.empty() && request.rates.size() > 1) {
    return "--calls: a ramp has a time for each step; use --duration";
  }
  if (request.connections < request.threads) {
    return fmt::format("--threads: {} loops cannot share {} connections; raise --connections",
                       request.threads, request.connections);
  }
  return {};
}

}  // namespace

CLI::App* add_bench(CLI::App& app, BenchCommand& given) {
  CLI::App* bench = app.add_subcommand("bench", "Measure a method of any gRPC server under load.");
  add_request_flags(*bench, given);
  add_load_flags(*bench, given);
  given.codec_command = add_codec(*bench, given);
  add_client_flags(*bench, given.request, given.client, "Each call's deadline. Default: none");
  bench->footer(
      "Examples:\n"
      "  parlance bench localhost:50051 inference.InferenceService/Predict @digit.json -c 4 -s 25\n"
      "  parlance bench localhost:50051 inference.InferenceService/Predict @digit.json \\\n"
      "      -s 100 --rate 1000:20000:1000 --duration 5s --svg ramp.svg\n"
      "  parlance bench localhost:50051 inference.InferenceService/StreamingPredict @digit.json \\\n"
      "      --messages 1000 --pipeline 16 -n 50 --json\n"
      "  parlance bench codec\n"
      "\n"
      "Ctrl-C ends it early, with the results so far. The exit code is 0, or the gRPC status of\n"
      "the most frequent failure when calls failed; 64 wrong usage, 65 wrong request data,\n"
      "66 a file cannot be used.");
  return bench;
}

int run_bench(BenchCommand& given) {
  if (given.codec_command->parsed()) return run_codec(given);
  BenchRequest& request = given.request;
  FlagReader flags;
  flags.count("--connections", given.connections, kMostConnections, request.connections);
  flags.count("--streams", given.streams, kMostStreams, request.streams);
  flags.count("--threads", given.threads, kMostThreads, request.threads);
  flags.count("--messages", given.messages, kMostCount, request.messages);
  flags.count("--pipeline", given.pipeline, kMostCount, request.pipeline);
  flags.count("--calls", given.calls, kMostCount, request.calls);
  flags.rates("--rate", given.rate, request.rates);
  flags.time("--duration", given.duration, request.duration);
  if (request.calls > 0) request.warm_up = Duration::zero();
  flags.time("--warm-up", given.warm_up, request.warm_up, /*may_be_zero=*/true);
  flags.time("--grace", given.grace, request.grace, /*may_be_zero=*/true);
  if (!flags.error().empty()) return usage_error(flags.error());
  if (const auto read = read_client_flags(given.client, request); !read) return usage_error(read.error());
  if (const std::string conflict = conflict_in(given); !conflict.empty()) return usage_error(conflict);
  return bench(request);
}

}  // namespace parlance::app
