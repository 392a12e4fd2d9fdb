// parlance-conformance-server: reads one ServerCompatRequest, serves what it asks for, and says where.
#include <csignal>
#include <cstdio>

#include "conformance_service.h"
#include "connectrpc/conformance/v1/server_compat.pb.h"
#include "exchange.h"
#include "net/signals.h"
#include "rpc/server.h"

namespace {

using namespace parlance;
using conformance::CertificateFolder;

ServerOptions options_for(const conformance::v1::ServerCompatRequest& wanted, CertificateFolder& folder) {
  ServerOptions options{.listen = {"127.0.0.1:0"}, .threads = 1, .compression = grpc::Encoding::kGzip};
  options.explain_errors = false;  // the suite counts the details of an error
  if (wanted.message_receive_limit() > 0) options.max_receive_message_bytes = wanted.message_receive_limit();
  if (!wanted.use_tls()) return options;
  options.tls.emplace();
  options.tls->certificate_file = folder.store(wanted.server_creds().cert());
  options.tls->key_file = folder.store(wanted.server_creds().key());
  if (!wanted.client_tls_cert().empty()) {
    options.tls->client_ca_file = folder.store(wanted.client_tls_cert());
    options.tls->client_certificate = net::ClientCertificate::kRequired;
  }
  return options;
}

}  // namespace

int main() {
  net::SignalWait signals{SIGTERM, SIGINT};
  conformance::v1::ServerCompatRequest wanted;
  if (!conformance::read_message(wanted)) return 1;

  CertificateFolder folder;
  Server server{options_for(wanted, folder)};
  server.add(std::make_shared<conformance::ConformanceService>());
  if (const auto started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().to_string().c_str());
    return 1;
  }
  conformance::v1::ServerCompatResponse response;
  response.set_host("127.0.0.1");
  response.set_port(server.ports().front());
  if (wanted.use_tls()) response.set_pem_cert(wanted.server_creds().cert());
  conformance::write_message(response);

  signals.wait();
  server.shutdown(std::chrono::milliseconds{0});
  server.wait();
}
