// TLS at both ends, client certificates, and certificates that change while the server runs.
#include <memory>
#include <string>

#include "example.h"
#include "net/testing/certificates.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Words;

namespace {

Status ask(const Words::Client& client) {
  const Result<Label> label = client.Classify(guide::text("hello")).wait();
  if (!label) return label.error();
  return {};
}

}  // namespace

int main() {
  // Certificates for the example; yours come from your authority, as PEM files.
  const net::testing::TemporaryFolder folder;
  const net::testing::CertificateAuthority authority{"Example CA"};
  const net::testing::CertificateAuthority successor{"Next CA"};
  const auto file = [&](const char* name) { return folder.file(name); };
  authority.write_certificate(file("ca.pem"));
  successor.write_certificate(file("next-ca.pem"));
  authority.issue("server", "DNS:localhost,IP:127.0.0.1", file("server.pem"), file("server.key"));
  authority.issue("client", "DNS:client", file("client.pem"), file("client.key"));

  // [server]
  Server server{{.listen = {"127.0.0.1:0"},
                 .tls = TlsServerOptions{.certificate_file = file("server.pem"),
                                         .key_file = file("server.key"),
                                         .client_ca_file = file("ca.pem"),
                                         .client_certificate = ClientCertificate::kRequired},
                 .threads = 1}};
  // [/server]
  server.add(std::make_shared<guide::Repeater>());
  guide::start(server);
  const std::string target = server.addresses().front();

  // [client]
  const Words::Client client{
      Channel::open(target, {.tls = TlsClientOptions{.ca_file = file("ca.pem"),
                                                     .certificate_file = file("client.pem"),
                                                     .key_file = file("client.key")}})};
  // [/client]
  guide::expect_equal(ask(client).to_string(), "OK", "a client with a certificate");

  const ChannelOptions without{.tls = TlsClientOptions{.ca_file = file("ca.pem")}, .enable_retries = false};
  guide::expect(ask(Words::Client{Channel::open(target, without)}).code() == StatusCode::kUnavailable,
                "a client without one is refused");
  guide::expect(
      ask(Words::Client{Channel::open(target, {.enable_retries = false})}).code() == StatusCode::kUnavailable,
      "and so is plaintext");

  // A new certificate in the place of the old one: new connections get it, open ones go on.
  successor.issue("server", "DNS:localhost,IP:127.0.0.1", file("server.pem"), file("server.key"));
  const auto ask_next = [&] {
    return ask(
        Words::Client{Channel::open(target, {.tls = TlsClientOptions{.ca_file = file("next-ca.pem"),
                                                                     .certificate_file = file("client.pem"),
                                                                     .key_file = file("client.key")},
                                             .enable_retries = false})});
  };
  guide::expect(guide::eventually([&] { return ask_next().ok(); }), "the new certificate is taken up");
  guide::expect_equal(ask(client).to_string(), "OK", "the connection made before");
}
