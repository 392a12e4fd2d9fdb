// parlance-interop-client: the cases of gRPC's interoperability tests against any server of
// grpc.testing.TestService.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <vector>

#include "test_cases.h"

namespace {

using parlance::interop::special_cases;
using parlance::interop::Target;
using parlance::interop::test_cases;
using parlance::interop::TestCase;

const TestCase& case_of(const std::string& name) {
  const auto found = special_cases().find(name);
  return found != special_cases().end() ? found->second : test_cases().at(name);
}

// Exit code: how many cases failed.
int run(const std::vector<std::string>& names, const Target& target) {
  int failed = 0;
  for (const std::string& name : names) {
    try {
      case_of(name)(target);
      std::printf("%-40s passed\n", name.c_str());
    } catch (const parlance::interop::Failure& failure) {
      ++failed;
      std::printf("%-40s FAILED: %s\n", name.c_str(), failure.what());
    }
    std::fflush(stdout);
  }
  return failed;
}

void add_names(const std::map<std::string, TestCase>& cases, std::vector<std::string>& names) {
  for (const auto& [name, test_case] : cases) names.push_back(name);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The client of gRPC's interoperability tests, on Parlance."};
  Target target;
  std::string host = "localhost";
  std::uint16_t port = 10000;
  std::string name_override;
  std::string ca_file;
  bool use_tls = false;
  std::vector<std::string> names;
  std::vector<std::string> usual;
  add_names(test_cases(), usual);
  std::vector<std::string> known = usual;
  add_names(special_cases(), known);
  int per_iteration_ms = 1'000;
  int overall_s = 10;
  app.add_option("--server_host", host)->capture_default_str();
  app.add_option("--server_port", port)->capture_default_str();
  app.add_option("--server_host_override", name_override,
                 "The name that the server's certificate must carry");
  app.add_flag("--use_tls", use_tls);
  app.add_option("--ca_file", ca_file, "PEM file with the roots; default: the system's");
  app.add_option("--test_case", names, "One or more; default: all that need no special server")
      ->check(CLI::IsMember(known))
      ->delimiter(',');
  app.add_option("--soak_iterations", target.soak.iterations)->capture_default_str();
  app.add_option("--soak_max_failures", target.soak.max_failures)->capture_default_str();
  app.add_option("--soak_per_iteration_max_acceptable_latency_ms", per_iteration_ms)->capture_default_str();
  app.add_option("--soak_overall_timeout_seconds", overall_s)->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  target.address = host + ":" + std::to_string(port);
  target.soak.per_iteration_max = std::chrono::milliseconds{per_iteration_ms};
  target.soak.overall_timeout = std::chrono::seconds{overall_s};
  if (use_tls)
    target.options.tls = parlance::TlsClientOptions{.ca_file = ca_file, .server_name = name_override};
  return run(names.empty() ? usual : names, target);
}
