// parlance-interop-server: grpc.testing.TestService for other implementations' interop clients.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "rpc/server.h"
#include "services/orca.h"
#include "test_service.h"

namespace {

int serve(parlance::ServerOptions options) {
  parlance::Server server{std::move(options)};
  const auto figures = std::make_shared<parlance::services::LoadFigures>();
  server.add(std::make_shared<parlance::interop::TestService>(figures));
  // What gRPC's case orca_oob asks for: a report every second.
  server.add(
      parlance::services::make_orca_service(figures, {.min_report_interval = std::chrono::seconds{1}}));
  const auto print_address = [&server] {
    std::printf("listening on %s\n", server.addresses().front().c_str());
    std::fflush(stdout);
  };
  const auto served = server.run(print_address);
  if (!served) std::fprintf(stderr, "%s\n", served.error().to_string().c_str());
  return served ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"The server of gRPC's interoperability tests, on Parlance."};
  std::string host = "[::]";
  std::uint16_t port = 10000;
  std::string certificate;
  std::string key;
  app.add_option("--host", host, "The address to listen on")->capture_default_str();
  app.add_option("--port", port, "The port to listen on; 0: a free one")->capture_default_str();
  CLI::Option* cert_option = app.add_option("--tls_cert", certificate, "PEM file: TLS instead of plaintext");
  CLI::Option* key_option = app.add_option("--tls_key", key, "PEM file");
  cert_option->needs(key_option);
  key_option->needs(cert_option);
  std::uint32_t most_streams = parlance::http2::Limits{}.max_concurrent_streams;
  app.add_option("--max_concurrent_streams", most_streams, "On one connection")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  parlance::ServerOptions options{.listen = {host + ":" + std::to_string(port)}};
  options.http2.max_concurrent_streams = most_streams;
  if (!certificate.empty()) options.tls = {.certificate_file = certificate, .key_file = key};
  return serve(std::move(options));
}
