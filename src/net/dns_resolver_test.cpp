// Against a DNS server of our own on loopback; names end in .test, which no other server knows (RFC 6761).
#include "net/dns_resolver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <future>
#include <sstream>

#include "net/testing/dns_server.h"

namespace parlance::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

using Addresses = std::expected<DnsAnswer, std::string>;
using Texts = std::expected<std::vector<std::string>, std::string>;

std::vector<std::string> texts_of(const std::vector<Endpoint>& endpoints) {
  std::vector<std::string> texts;
  for (const Endpoint& endpoint : endpoints) texts.push_back(endpoint.to_string());
  return texts;
}

class Dns : public ::testing::Test {
 protected:
  Dns() { options_.servers = {server_.address()}; }

  // Runs one lookup to its end on a loop of its own.
  template <typename Result>
  Result result_of(auto start) {
    LoopThread thread;
    std::promise<Result> done;
    std::unique_ptr<DnsResolver> resolver;
    std::unique_ptr<DnsResolver::Query> query;
    thread.loop().post([&] {
      resolver = *DnsResolver::open(thread.loop(), options_);
      query = start(*resolver, [&](Result result) {
        query.reset();
        done.set_value(std::move(result));
      });
      EXPECT_NE(query, nullptr) << "on_done ran within lookup()";
    });
    auto future = done.get_future();
    if (future.wait_for(seconds{30}) != std::future_status::ready) {
      ADD_FAILURE() << "the lookup did not end";
      thread.stop();
      return std::unexpected("none");
    }
    return future.get();
  }
  Addresses lookup(const std::string& host, std::uint16_t port = 443) {
    return result_of<Addresses>(
        [&](DnsResolver& resolver, auto done) { return resolver.lookup(host, port, std::move(done)); });
  }
  Texts lookup_txt(const std::string& name) {
    return result_of<Texts>(
        [&](DnsResolver& resolver, auto done) { return resolver.lookup_txt(name, std::move(done)); });
  }
  std::string failure_of(const std::string& host) {
    const Addresses answer = lookup(host);
    return answer ? "found" : answer.error();
  }

  testing::DnsServer server_;
  DnsOptions options_;
};

TEST_F(Dns, GivesEveryAddressOfBothFamiliesWithThePort) {
  server_.add_address("models.test", "10.1.0.1", 300);
  server_.add_address("models.test", "10.1.0.2", 300);
  server_.add_address("models.test", "10.1.0.3", 300);
  server_.add_address("models.test", "fd00::1", 300);
  server_.add_address("models.test", "fd00::2", 300);
  const Addresses answer = lookup("models.test", 50051);
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_THAT(texts_of(answer->endpoints),
              UnorderedElementsAre("10.1.0.1:50051", "10.1.0.2:50051", "10.1.0.3:50051", "[fd00::1]:50051",
                                   "[fd00::2]:50051"));
}

TEST_F(Dns, OneFamilyIsEnough) {
  server_.add_address("four.test", "10.1.0.1", 300);
  server_.add_address("six.test", "fd00::1", 300);
  EXPECT_THAT(texts_of(lookup("four.test")->endpoints), ElementsAre("10.1.0.1:443"));
  EXPECT_THAT(texts_of(lookup("six.test")->endpoints), ElementsAre("[fd00::1]:443"));
}

TEST_F(Dns, GivesAnAddressOnce) {
  server_.add_address("twice.test", "10.1.0.1", 300);
  server_.add_address("twice.test", "10.1.0.1", 300);
  EXPECT_THAT(texts_of(lookup("twice.test")->endpoints), ElementsAre("10.1.0.1:443"));
}

TEST_F(Dns, TheAnswerHoldsForTheSmallestTtl) {
  server_.add_address("models.test", "10.1.0.1", 300);
  server_.add_address("models.test", "10.1.0.2", 30);
  server_.add_address("models.test", "fd00::1", 60);
  EXPECT_EQ(lookup("models.test")->ttl, seconds{30});
  server_.add_address("fresh.test", "10.1.0.1", 0);
  EXPECT_EQ(lookup("fresh.test")->ttl, seconds{0});
}

TEST_F(Dns, FollowsAnAliasWhoseTtlCountsToo) {
  server_.add_alias("www.test", "models.test", 7);
  server_.add_address("models.test", "10.1.0.1", 300);
  const Addresses answer = lookup("www.test");
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_THAT(texts_of(answer->endpoints), ElementsAre("10.1.0.1:443"));
  EXPECT_EQ(answer->ttl, seconds{7});
}

TEST_F(Dns, AnAnswerTooLongForUdpIsFetchedByTcp) {
  for (int i = 0; i < 100; ++i)
    server_.add_address("many.test", ("10.1.0." + std::to_string(i)).c_str(), 300);
  server_.truncate_udp();
  const Addresses answer = lookup("many.test");
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_EQ(answer->endpoints.size(), 100U);
  EXPECT_GE(server_.tcp_queries(), 1);
}

TEST_F(Dns, ANameThatDoesNotExistFailsAndSaysWhoWasAsked) {
  EXPECT_EQ(failure_of("nowhere.test"),
            "lookup of 'nowhere.test' failed: no such name (NXDOMAIN); asked " + server_.address());
}

TEST_F(Dns, ASocketPathIsNoHost) { EXPECT_THAT(failure_of("unix:/tmp/x"), HasSubstr("no such name")); }

TEST_F(Dns, ANameWithoutAddressesFails) {
  server_.add_txt("text.test", {"only"});
  EXPECT_THAT(failure_of("text.test"), HasSubstr("the name has no such records"));
}

TEST_F(Dns, AServerThatRefusesIsSaidToRefuse) {
  server_.fail_with(testing::DnsServer::kRefused);
  EXPECT_THAT(failure_of("models.test"), HasSubstr("REFUSED"));
}

TEST_F(Dns, WhatIsNoHostNameFailsWithoutAQuery) {
  for (const std::string& host : {std::string{}, std::string(300, 'a'), std::string(70, 'a') + ".test"})
    EXPECT_THAT(failure_of(host), HasSubstr("not a host name")) << host;
  EXPECT_EQ(server_.udp_queries(), 0);
}

TEST_F(Dns, AsksAgainWhenAQueryIsLost) {
  server_.add_address("models.test", "10.1.0.1", 300);
  options_.try_timeout = milliseconds{20};
  options_.tries = 8;
  server_.drop(3);
  EXPECT_THAT(texts_of(lookup("models.test")->endpoints), ElementsAre("10.1.0.1:443"));
  EXPECT_GE(server_.udp_queries(), 4);
}

TEST_F(Dns, AnAnswerCutOffAnywhereFailsTheLookup) {
  // The header; the question: a name, type and class; the record: a name, what is fixed, the address.
  constexpr std::size_t kAnswerBytes = 12 + (13 + 4) + (13 + 10 + 4);
  server_.add_address("models.test", "10.1.0.1", 300);
  options_.try_timeout = milliseconds{1};
  options_.tries = 1;
  for (std::size_t bytes = 0; bytes < kAnswerBytes; ++bytes) {
    server_.cut_udp_after(bytes);
    EXPECT_FALSE(lookup("models.test")) << bytes;
  }
  options_.tries = 12;
  server_.cut_udp_after(kAnswerBytes);
  EXPECT_TRUE(lookup("models.test"));
}

TEST_F(Dns, ASilentServerFailsTheLookupAfterItsTries) {
  options_.try_timeout = milliseconds{5};
  options_.tries = 2;
  server_.drop(1000);
  EXPECT_THAT(failure_of("models.test"), AllOf(HasSubstr("no answer in time"), HasSubstr(server_.address())));
}

TEST_F(Dns, TheWholeLookupHasALimit) {
  options_.try_timeout = seconds{1000};
  options_.timeout = milliseconds{20};
  server_.drop(1000);
  EXPECT_EQ(failure_of("models.test"),
            "lookup of 'models.test' failed: not done after 20 ms; asked " + server_.address());
}

TEST_F(Dns, AsksTheNextServerWhenOneIsGone) {
  std::string gone;
  {
    const testing::DnsServer other;
    gone = other.address();
  }
  server_.add_address("models.test", "10.1.0.1", 300);
  options_.servers = {gone, server_.address()};
  options_.try_timeout = milliseconds{20};  // where the system does not tell that nobody listens
  options_.tries = 8;
  const Addresses answer = lookup("models.test");
  ASSERT_TRUE(answer) << answer.error();
  EXPECT_THAT(texts_of(answer->endpoints), ElementsAre("10.1.0.1:443"));
  options_.servers = {gone};
  options_.tries = 1;
  EXPECT_THAT(failure_of("models.test"), HasSubstr("; asked " + gone));
}

TEST_F(Dns, AnIpAddressNeedsNoServer) {
  const Addresses four = lookup("10.1.2.3", 80);
  ASSERT_TRUE(four) << four.error();
  EXPECT_THAT(texts_of(four->endpoints), ElementsAre("10.1.2.3:80"));
  EXPECT_EQ(four->ttl, Duration::max());
  EXPECT_THAT(texts_of(lookup("fd00::7", 80)->endpoints), ElementsAre("[fd00::7]:80"));
  EXPECT_EQ(server_.udp_queries(), 0);
}

TEST_F(Dns, LocalhostIsBothFamiliesAndNeedsNoServer) {
  for (const char* name : {"localhost", "LocalHost.", "models.localhost"}) {
    const Addresses answer = lookup(name, 80);
    ASSERT_TRUE(answer) << answer.error();
    EXPECT_THAT(texts_of(answer->endpoints), ElementsAre("[::1]:80", "127.0.0.1:80"));
    EXPECT_EQ(answer->ttl, Duration::max());
  }
  EXPECT_EQ(server_.udp_queries(), 0);
  EXPECT_THAT(failure_of("notlocalhost"), HasSubstr("no such name"));
}

TEST_F(Dns, NamesOfTheHostsFileNeedNoServer) {
  std::ifstream hosts{"/etc/hosts"};
  int names = 0;
  for (std::string line; std::getline(hosts, line);) {
    std::istringstream words{line.substr(0, line.find('#'))};
    std::string address;
    words >> address;
    for (std::string name; words >> name; ++names) {
      const Addresses answer = lookup(name, 80);
      ASSERT_TRUE(answer) << answer.error();
      const bool is_v6 = address.find(':') != std::string::npos;
      const Endpoint expected = *Endpoint::parse(is_v6 ? "[" + address + "]:80" : address + ":80");
      EXPECT_THAT(texts_of(answer->endpoints), ::testing::Contains(expected.to_string())) << name;
      EXPECT_EQ(answer->ttl, Duration::max());
    }
  }
  EXPECT_GE(names, 1) << "every system knows localhost";
  EXPECT_EQ(server_.udp_queries(), 0);
}

TEST_F(Dns, StringsOfATxtRecordAreJoinedAndRecordsAreNot) {
  server_.add_txt("_grpc_config.models.test", {"grpc_config=[{\"serviceConfig\":", "{}}]"});
  server_.add_txt("_grpc_config.models.test", {"something else"});
  const Texts texts = lookup_txt("_grpc_config.models.test");
  ASSERT_TRUE(texts) << texts.error();
  EXPECT_THAT(*texts, UnorderedElementsAre("grpc_config=[{\"serviceConfig\":{}}]", "something else"));
}

TEST_F(Dns, NoTxtRecordIsNoError) {
  server_.add_address("models.test", "10.1.0.1", 300);
  EXPECT_THAT(lookup_txt("models.test").value(), IsEmpty());
  EXPECT_THAT(lookup_txt("nowhere.test").value(), IsEmpty());
}

TEST_F(Dns, ATxtLookupThatFailsIsAnError) {
  server_.fail_with(testing::DnsServer::kRefused);
  const Texts texts = lookup_txt("models.test");
  ASSERT_FALSE(texts);
  EXPECT_THAT(texts.error(),
              HasSubstr("lookup of 'models.test' failed: no server can be reached, or each refused"));
}

TEST_F(Dns, ADestroyedLookupIsNotHeardOf) {
  server_.add_address("models.test", "10.1.0.1", 300);
  server_.add_address("other.test", "10.1.0.2", 300);
  LoopThread thread;
  std::promise<std::string> done;
  std::unique_ptr<DnsResolver::Query> dropped_at_once;
  std::unique_ptr<DnsResolver::Query> dropped_later;
  std::unique_ptr<DnsResolver::Query> kept;
  thread.loop().post([&] {
    const auto resolver = *DnsResolver::open(thread.loop(), options_);
    const auto unexpected = [](const Addresses&) { ADD_FAILURE() << "a destroyed lookup was heard of"; };
    dropped_at_once = resolver->lookup("models.test", 80, unexpected);
    dropped_at_once.reset();
    dropped_later = resolver->lookup("models.test", 80, unexpected);
    resolver->lookup("localhost", 80, unexpected).reset();
    kept = resolver->lookup("other.test", 80, [&](const Addresses& answer) {
      kept.reset();
      done.set_value(answer ? answer->endpoints.front().to_string() : answer.error());
    });
    thread.loop().post([&] { dropped_later.reset(); });
  });
  EXPECT_EQ(done.get_future().get(), "10.1.0.2:80");
}

TEST_F(Dns, ManyLookupsGoOnAtTheSameTime) {
  constexpr int kLookups = 50;
  for (int i = 0; i < kLookups; ++i)
    server_.add_address("n" + std::to_string(i) + ".test", ("10.1.0." + std::to_string(i)).c_str(), 300);
  LoopThread thread;
  std::vector<std::unique_ptr<DnsResolver::Query>> queries;
  std::vector<std::string> found(kLookups);
  std::promise<void> done;
  int left = kLookups;
  thread.loop().post([&] {
    const auto resolver = *DnsResolver::open(thread.loop(), options_);
    for (int i = 0; i < kLookups; ++i) {
      queries.push_back(
          resolver->lookup("n" + std::to_string(i) + ".test", 80, [&, i](const Addresses& answer) {
            found[static_cast<std::size_t>(i)] =
                answer ? answer->endpoints.front().to_string() : answer.error();
            if (--left == 0) done.set_value();
          }));
    }
  });
  done.get_future().get();
  thread.stop();
  for (int i = 0; i < kLookups; ++i)
    EXPECT_EQ(found[static_cast<std::size_t>(i)], "10.1.0." + std::to_string(i) + ":80");
}

TEST(DnsResolver, RefusesAServerThatIsNoAddress) {
  Loop loop;
  for (const char* server : {"ns.test", "10.0.0.1:99999", "unix:/tmp/x", ""}) {
    const auto resolver = DnsResolver::open(loop, {.servers = {server}});
    ASSERT_FALSE(resolver) << server;
    EXPECT_EQ(resolver.error(),
              "the DNS server '" + std::string{server} + "' is not ADDRESS or ADDRESS:PORT");
  }
  for (const char* server : {"10.0.0.1", "10.0.0.1:5353", "fd00::1", "[fd00::1]", "[fd00::1]:5353"})
    EXPECT_TRUE(DnsResolver::open(loop, {.servers = {server}})) << server;
}

}  // namespace
}  // namespace parlance::net
