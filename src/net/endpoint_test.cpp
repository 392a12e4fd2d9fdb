#include "net/endpoint.h"

#include <gtest/gtest.h>

namespace parlance::net {
namespace {

TEST(Endpoint, ReadsAndWritesIpv4Ipv6AndUnixAddresses) {
  for (const std::string text :
       {"127.0.0.1:50051", "0.0.0.0:0", "[::]:50051", "[::1]:65535", "unix:/run/a.sock"}) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_TRUE(endpoint) << text << ": " << endpoint.error();
    EXPECT_EQ(endpoint->to_string(), text);
  }
  EXPECT_EQ(Endpoint::parse("unix:///run/a.sock")->to_string(), "unix:/run/a.sock");
}

TEST(Endpoint, ChangesItsPortOnly) {
  auto endpoint = *Endpoint::parse("[::1]:1");
  endpoint.set_port(4242);
  EXPECT_EQ(endpoint.to_string(), "[::1]:4242");
  EXPECT_EQ(endpoint.port(), 4242);
  EXPECT_EQ(Endpoint::parse("unix:/a")->port(), 0);
}

TEST(Endpoint, NamesPeersAsGrpcDoes) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:9")->to_peer_string(), "ipv4:127.0.0.1:9");
  EXPECT_EQ(Endpoint::parse("[::1]:9")->to_peer_string(), "ipv6:[::1]:9");
  EXPECT_EQ(Endpoint::parse("unix:/a")->to_peer_string(), "unix:/a");
}

TEST(Endpoint, SaysWhatIsWrongWithAnAddress) {
  const std::pair<std::string, std::string> wrong[] = {
      {"127.0.0.1", "'127.0.0.1' has no port; write HOST:PORT"},
      {"127.0.0.1:", "the port of '127.0.0.1:' is not a number from 0 to 65535"},
      {"127.0.0.1:65536", "the port of '127.0.0.1:65536' is not a number from 0 to 65535"},
      {"127.0.0.1:1x", "the port of '127.0.0.1:1x' is not a number from 0 to 65535"},
      {"::1:80", "an IPv6 address stands in brackets: [::1]:80"},
      {":80", "':80' has no host; write HOST:PORT"},
      {"models:80", "'models' is not an IP address"},
      {"unix:", "a unix: address needs a path"},
      {"unix:" + std::string(200, 'a'), "the socket path has 200 bytes, more than the 107 the system takes"},
  };
  for (const auto& [text, error] : wrong) {
    const auto endpoint = Endpoint::parse(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_EQ(endpoint.error(), error);
  }
}

TEST(HostPort, KeepsAHostNameForLaterLookup) {
  const auto parsed = HostPort::parse("models.example:50051");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->host, "models.example");
  EXPECT_EQ(parsed->port, 50051);
  EXPECT_EQ(HostPort::parse("[::1]:5")->host, "::1");
}

}  // namespace
}  // namespace parlance::net
