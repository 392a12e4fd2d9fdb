// Calls over TLS, our client and our server, with certificates made on the spot.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <thread>
#include <vector>

#include "grpc/error_details.h"
#include "net/testing/certificates.h"
#include "net/tls_context.h"
#include "rpc/echo_test_support.h"

namespace parlance::testing {
namespace {

using net::testing::CertificateAuthority;
using net::testing::TemporaryFolder;
using ::testing::HasSubstr;

// A server's certificate for localhost and 127.0.0.1, a client's, and the authority behind both.
class Tls : public ::testing::Test {
 protected:
  Tls() {
    authority_.write_certificate(file("ca.pem"));
    stranger_.write_certificate(file("stranger.pem"));
    authority_.issue("server", "DNS:localhost,IP:127.0.0.1", file("server.pem"), file("server.key"));
    authority_.issue("client", "DNS:client", file("client.pem"), file("client.key"));
    stranger_.issue("client", "DNS:client", file("odd.pem"), file("odd.key"));
  }

  std::string file(const std::string& name) const { return folder_.file(name); }
  TlsServerOptions server_tls(ClientCertificate clients = ClientCertificate::kNone) const {
    return {.certificate_file = file("server.pem"),
            .key_file = file("server.key"),
            .client_ca_file = clients == ClientCertificate::kNone ? "" : file("ca.pem"),
            .client_certificate = clients};
  }
  TlsClientOptions client_tls(const std::string& ca = "ca.pem") const { return {.ca_file = file(ca)}; }
  TlsClientOptions client_tls_as(const std::string& name) const {
    return {
        .ca_file = file("ca.pem"), .certificate_file = file(name + ".pem"), .key_file = file(name + ".key")};
  }

  static Status ask(const EchoServer& server, std::optional<TlsClientOptions> tls) {
    const auto reply = server.client({.tls = std::move(tls)}).Unary(text("hello")).wait();
    if (!reply) return reply.error();
    EXPECT_EQ(reply->value(), "hello");
    return {};
  }

  const TemporaryFolder folder_;
  const CertificateAuthority authority_{"Parlance test CA"};
  const CertificateAuthority stranger_{"Somebody else's CA"};
};

TEST_F(Tls, CarriesMessagesOfAnySizeBothWays) {
  const EchoServer server{{.tls = server_tls()}};
  const EchoClient client = server.client({.tls = client_tls()});
  for (const std::size_t size : {0, 1, 16'383, 16'384, 16'385, 3'000'000}) {
    const std::string sent(size, 'x');
    const auto reply = client.Unary(text(sent)).wait();
    ASSERT_TRUE(reply) << size << ": " << reply.error().to_string();
    EXPECT_EQ(reply->value(), sent);
  }
}

TEST_F(Tls, CarriesStreamsBothWays) {
  const EchoServer server{{.tls = server_tls()}};
  auto call = server.client({.tls = client_tls()}).Chat();
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(call.write(text(std::to_string(i))).wait());
    EXPECT_EQ(call.read().wait()->value(), std::to_string(i));
  }
  call.writes_done().wait();
  EXPECT_EQ(call.finish().wait(), Status{});
}

TEST_F(Tls, CarriesManyCallsAtOnceFromManyThreads) {
  const EchoServer server{{.tls = server_tls()}};
  const EchoClient client = server.client({.tls = client_tls()});
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round) {
        std::vector<UnaryCall<Text>> calls;
        for (int i = 0; i < 25; ++i) calls.push_back(client.Unary(text(std::string(1000 * i, 'y'))));
        for (int i = 0; i < 25; ++i) EXPECT_EQ(calls[i].wait()->value().size(), 1000U * i);
      }
    });
  }
}

TEST_F(Tls, TheClientRefusesACertificateOfAnUnknownAuthority) {
  const EchoServer server{{.tls = server_tls()}};
  const Status status = ask(server, client_tls("stranger.pem"));
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{status.message()}, HasSubstr("certificate verify failed"));
}

TEST_F(Tls, TheClientRefusesACertificateOfAnotherName) {
  const EchoServer server{{.tls = server_tls()}};
  TlsClientOptions tls = client_tls();
  tls.server_name = "models.example";
  const Status status = ask(server, tls);
  EXPECT_EQ(status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string{status.message()}, HasSubstr("hostname mismatch"));
  tls.server_name = "localhost";
  EXPECT_EQ(ask(server, tls), Status{});
}

TEST_F(Tls, AServerThatRequiresClientCertificatesTakesOnlyGoodOnes) {
  const EchoServer server{{.tls = server_tls(ClientCertificate::kRequired)}};
  EXPECT_EQ(ask(server, client_tls_as("client")), Status{});
  EXPECT_EQ(ask(server, client_tls()).code(), StatusCode::kUnavailable);
  EXPECT_EQ(ask(server, client_tls_as("odd")).code(), StatusCode::kUnavailable);
}

TEST_F(Tls, AServerMayTakeClientsWithoutCertificatesAndStillRefuseBadOnes) {
  const EchoServer server{{.tls = server_tls(ClientCertificate::kVerifyIfGiven)}};
  EXPECT_EQ(ask(server, client_tls_as("client")), Status{});
  EXPECT_EQ(ask(server, client_tls()), Status{});
  EXPECT_EQ(ask(server, client_tls_as("odd")).code(), StatusCode::kUnavailable);
}

TEST_F(Tls, PlaintextIsTakenOnATlsPortOnlyWhenAllowed) {
  const EchoServer strict{{.tls = server_tls()}};
  EXPECT_EQ(ask(strict, std::nullopt).code(), StatusCode::kUnavailable);
  const EchoServer lenient{{.tls = server_tls(), .accept_plaintext_too = true}};
  EXPECT_EQ(ask(lenient, std::nullopt), Status{});
  EXPECT_EQ(ask(lenient, client_tls()), Status{});
}

TEST_F(Tls, PlaintextHasPortsOfItsOwnBesideTls) {
  EchoServer server{{.tls = server_tls(), .listen_plaintext = {"127.0.0.1:0"}}};
  EXPECT_EQ(ask(server, client_tls()), Status{});
  const EchoClient plain{Channel::open("127.0.0.1:" + std::to_string(server.server().ports().at(1)))};
  EXPECT_TRUE(plain.Unary(text("hello")).wait());
}

TEST_F(Tls, ChangedCertificatesAreTakenByNewConnectionsAndOpenOnesGoOn) {
  const EchoServer server{{.tls = server_tls()}};
  const EchoClient before = server.client({.tls = client_tls()});
  ASSERT_TRUE(before.Unary(text("a")).wait());

  stranger_.issue("server", "IP:127.0.0.1", file("server.pem"), file("server.key"));
  Status status;
  for (int attempt = 0; attempt < 100; ++attempt) {  // files are looked at once a second
    status = ask(server, client_tls("stranger.pem"));
    if (status.ok()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
  }
  EXPECT_EQ(status, Status{});
  EXPECT_TRUE(before.Unary(text("b")).wait());
  EXPECT_EQ(ask(server, client_tls()).code(), StatusCode::kUnavailable);
}

TEST_F(Tls, ChangedCertificatesThatCannotBeUsedLeaveTheOldOnesInForce) {
  auto context = net::TlsContext::server(server_tls());
  ASSERT_TRUE(context);
  std::ofstream{file("server.pem")} << "no certificate";
  for (int attempt = 0; attempt < 100 && (*context)->reload_error().empty(); ++attempt) {
    std::this_thread::sleep_for(std::chrono::milliseconds{100});
    (*context)->refresh();
  }
  EXPECT_THAT((*context)->reload_error(), HasSubstr("cannot use the certificate " + file("server.pem")));
}

TEST_F(Tls, AServerThatCannotReadItsCertificatesSaysWhichAndDoesNotStart) {
  Server server{
      {.listen = {"127.0.0.1:0"},
       .tls = TlsServerOptions{.certificate_file = file("none.pem"), .key_file = file("server.key")}}};
  const Result<void> started = server.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(grpc::error_info(started.error())->reason, "TLS_CONFIGURATION");
  EXPECT_THAT(std::string{started.error().message()}, HasSubstr(file("none.pem")));
}

TEST_F(Tls, AKeyThatIsNotTheCertificatesIsRefused) {
  Server server{
      {.listen = {"127.0.0.1:0"},
       .tls = TlsServerOptions{.certificate_file = file("server.pem"), .key_file = file("client.key")}}};
  EXPECT_THAT(std::string{server.start().error().message()}, HasSubstr("key"));
}

TEST_F(Tls, AClientThatCannotReadItsRootsSaysWhich) {
  const EchoServer server{{.tls = server_tls()}};
  const Status status = ask(server, client_tls("none.pem"));
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string{status.message()}, HasSubstr(file("none.pem")));
}

}  // namespace
}  // namespace parlance::testing
