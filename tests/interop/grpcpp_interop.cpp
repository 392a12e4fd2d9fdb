// grpcpp-interop: gRPC's interoperability tests on grpc++, for ours to be run against. `server` and `client`.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <iterator>

#include "grpcpp_test_cases.h"
#include "grpcpp_test_service.h"
#include "net/signals.h"

namespace {

using namespace parlance::interop;

struct Options {
  int port = 0;
  std::string certificate;
  std::string key;
  std::string ca;
};

std::string contents_of(const std::string& path) {
  std::ifstream file{path};
  return {std::istreambuf_iterator<char>{file}, {}};
}

int serve(const Options& options) {
  parlance::net::SignalWait signals{SIGTERM, SIGINT};
  std::shared_ptr<::grpc::ServerCredentials> credentials = ::grpc::InsecureServerCredentials();
  if (!options.certificate.empty()) {
    ::grpc::SslServerCredentialsOptions tls;
    tls.pem_key_cert_pairs.push_back({contents_of(options.key), contents_of(options.certificate)});
    credentials = ::grpc::SslServerCredentials(tls);
  }
  GrpcppTestService service;
  int port = 0;
  ::grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(options.port), credentials, &port);
  builder.RegisterService(&service);
  const auto server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return 1;
  std::printf("listening on 127.0.0.1:%d\n", port);
  std::fflush(stdout);
  signals.wait();
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

// Exit code: how many cases failed.
int run_cases(const Options& options) {
  std::shared_ptr<::grpc::ChannelCredentials> credentials = ::grpc::InsecureChannelCredentials();
  if (!options.ca.empty()) credentials = ::grpc::SslCredentials({contents_of(options.ca), "", ""});
  int failed = 0;
  for (const auto& [name, test_case] : grpcpp_test_cases()) {
    try {
      test_case(::grpc::CreateChannel("127.0.0.1:" + std::to_string(options.port), credentials));
      std::printf("%-40s passed\n", name.c_str());
    } catch (const GrpcppFailure& failure) {
      ++failed;
      std::printf("%-40s FAILED: %s\n", name.c_str(), failure.what());
    }
  }
  return failed;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"gRPC's interoperability tests, on grpc++."};
  Options options;
  CLI::App* server = app.add_subcommand("server");
  server->add_option("--port", options.port, "0: a free one")->capture_default_str();
  server->add_option("--tls_cert", options.certificate);
  server->add_option("--tls_key", options.key);
  CLI::App* client = app.add_subcommand("client");
  client->add_option("--server_port", options.port)->required();
  client->add_option("--ca_file", options.ca, "TLS");
  app.require_subcommand(1);
  CLI11_PARSE(app, argc, argv);
  return server->parsed() ? serve(options) : run_cases(options);
}
