// bench-generator: makes the load of one measurement on one server and prints what came of it, as JSON.

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <map>

#include "generator.h"
#include "scripts.h"

namespace {

using bench::Load;
using bench::Method;

const std::map<std::string, Load> kLoads = {{"closed", Load::kClosed},
                                            {"open", Load::kOpen},
                                            {"streams", Load::kStreams},
                                            {"churn", Load::kChurn},
                                            {"idle", Load::kIdle}};
const std::map<std::string, Method> kMethods = {{"Predict", Method::kPredict},
                                                {"BatchPredict", Method::kBatchPredict},
                                                {"Generate", Method::kGenerate},
                                                {"StreamingPredict", Method::kStreamingPredict}};

}  // namespace

int main(int count, char** arguments) {
  bench::Plan plan;
  CLI::App app{"Load on a server of inference.InferenceService on loopback, and what it cost that server."};
  app.add_option("--port", plan.port)->required();
  app.add_option("--pid", plan.server_pid, "The server's process, whose CPU and memory are read")->required();
  app.add_flag("--tls", plan.tls, "TLS 1.3");
  app.add_flag("--resume", plan.resumes, "Take TLS sessions up in place of full handshakes");
  app.add_flag("--raw", plan.raw, "The protocol of raw-bench-server instead of HTTP/2");
  app.add_option("--load", plan.load)->transform(CLI::CheckedTransformer(kLoads));
  app.add_option("--method", plan.method)->transform(CLI::CheckedTransformer(kMethods));
  app.add_option("--connections", plan.connections)->capture_default_str()->check(CLI::PositiveNumber);
  app.add_option("--in-flight", plan.in_flight, "Calls on a connection, or messages on a stream")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  app.add_option("--streams", plan.streams, "Streams on a connection, for streams and idle")
      ->capture_default_str();
  app.add_option("--rate", plan.rate, "Calls a second, for open")->capture_default_str();
  app.add_option("--features", plan.features)->capture_default_str();
  app.add_option("--raw-bytes", plan.raw_bytes, "Size of raw_input")->capture_default_str();
  app.add_option("--batch", plan.batch, "Requests of a BatchPredict")->capture_default_str();
  app.add_option("--max-tokens", plan.max_tokens, "Of Generate")->capture_default_str();
  app.add_option("--warm-up", plan.warm_up_s, "Seconds before the measurement")->capture_default_str();
  app.add_option("--duration", plan.duration_s, "Seconds of it")->capture_default_str();
  app.add_option("--settle", plan.settle_s, "Seconds before an idle server's memory is read")
      ->capture_default_str();
  CLI11_PARSE(app, count, arguments);
  if (plan.load == Load::kOpen && plan.rate <= 0) return std::fprintf(stderr, "open needs a --rate\n"), 2;

  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  bench::Generator generator{plan};
  const auto script = bench::make_script(generator);
  generator.run(*script);
  std::printf("%s\n", generator.meter().to_json().c_str());
}
