// parlance-bench-server: InferenceService without a model, so that a benchmark measures the calls and nothing
// else.

#include <malloc.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <ranges>
#include <string>
#include <vector>

#include "answers.h"
#include "message_service.h"
#include "rpc/server.h"
#include "view_service.h"

namespace {

struct Options {
  std::uint16_t port = 50051;
  std::uint16_t tls_port = 0;  // 0: no TLS
  std::string certificate;
  std::string key;
  unsigned threads = 1;
  bool views = false;
};

std::string loopback(std::uint16_t port) { return "127.0.0.1:" + std::to_string(port); }

parlance::ServerOptions server_options(const Options& options) {
  parlance::ServerOptions out{
      .listen = {loopback(options.port)},
      .threads = options.threads,
      .max_receive_message_bytes = bench::kMaxMessageBytes,
  };
  if (!options.certificate.empty()) {
    out.listen_plaintext = std::move(out.listen);
    out.listen = {loopback(options.tls_port)};
    out.tls = {.certificate_file = options.certificate, .key_file = options.key};
  }
  return out;
}

int serve(const Options& options) {
  parlance::Server server{server_options(options)};
  server.add(options.views ? make_view_service() : make_message_service());
  const auto print_addresses = [&server] {
    const std::vector<std::string> addresses = server.addresses();  // TLS, if there is any, first
    for (const std::string& address : addresses | std::views::reverse) {
      std::printf("listening on %s\n", address.c_str());
    }
    std::fflush(stdout);
  };
  const parlance::Result<void> served = server.run(print_addresses);
  if (!served) std::fprintf(stderr, "%s\n", served.error().to_string().c_str());
  return served ? 0 : 1;
}

// What messages of some MiB free stays with the process: glibc would give it back to the kernel and have it
// cleared, page by page, for the next one (docs/performance.md).
void keep_freed_memory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
}

}  // namespace

int main(int count, char** arguments) {
  keep_freed_memory();
  CLI::App app{"inference.InferenceService without a model, on loopback."};
  Options options;
  app.add_option("--port", options.port, "Plaintext; 0: a free one")->capture_default_str();
  CLI::Option* tls_port = app.add_option("--tls-port", options.tls_port, "TLS as well; 0: a free one");
  CLI::Option* certificate = app.add_option("--cert", options.certificate, "PEM file, for --tls-port");
  CLI::Option* key = app.add_option("--key", options.key, "PEM file, for --tls-port");
  tls_port->needs(certificate)->needs(key);
  certificate->needs(tls_port)->needs(key);
  key->needs(tls_port)->needs(certificate);
  app.add_option("--threads", options.threads, "Event loops; 0: one a core")->capture_default_str();
  app.add_flag("--views", options.views, "Read and write messages with views");
  CLI11_PARSE(app, count, arguments);
  return serve(options);
}
