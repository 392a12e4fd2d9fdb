// Faults that interceptors find: tokens, rates, load.

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "faults.h"
#include "interceptors/bearer_auth.h"
#include "interceptors/concurrency_limit.h"
#include "interceptors/rate_limit.h"
#include "interceptors/token_test_support.h"
#include "net/testing/certificates.h"
#include "rpc/echo_test_support.h"

namespace parlance::faults {
namespace {

using namespace std::chrono_literals;
using interceptors::testing::key_set;
using interceptors::testing::SigningKey;
using testing::EchoServer;
using testing::text;

ServerOptions with(std::shared_ptr<ServerInterceptor> interceptor) {
  ServerOptions options;
  options.interceptors = {std::move(interceptor)};
  return options;
}

/// A call with what `token` makes of a key that the server knows; empty: with no token.
Status call_with(const std::function<std::string(const SigningKey&)>& token) {
  const net::testing::TemporaryFolder folder;
  const SigningKey key = SigningKey::ec();
  const std::string file = folder.file("jwks");
  std::ofstream{file} << key_set({key.json(R"(,"kid":"known")")});
  auto auth =
      interceptors::BearerAuth::make({.jwks_file = file, .claims = {.issuer = "me", .audience = "here"}});
  require(auth.has_value(), "admission_faults: no BearerAuth");
  const EchoServer server{with(*std::move(auth))};
  Metadata metadata;
  if (const std::string sent = token(key); !sent.empty())
    (void)metadata.add("authorization", "Bearer " + sent);
  const auto reply = server.client().Unary(text("hello"), {.metadata = &metadata}).wait();
  return reply ? Status{} : reply.error();
}

/// Claims that hold, but for those given.
std::string claims(const std::string& issuer = "me", const std::string& audience = "here",
                   long expires_in = 3600, long valid_in = -3600,
                   const std::string& subject = R"("sub":"alice",)") {
  const long now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return "{" + subject + R"("iss":")" + issuer + R"(","aud":")" + audience + R"(","exp":)" +
         std::to_string(now + expires_in) + R"(,"nbf":)" + std::to_string(now + valid_in) + "}";
}

std::function<Status()> with_claims(std::function<std::string()> made) {
  return [made = std::move(made)] {
    return call_with([&](const SigningKey& key) { return key.sign(made(), "known"); });
  };
}

Status call_twice_in_a_long_time() {
  const EchoServer server{with(std::make_shared<interceptors::RateLimit>(
      interceptors::RateLimitOptions{.calls_per_second = 0.001, .burst = 1}))};
  const auto client = server.client({.enable_retries = false});  // which would wait
  EXPECT_TRUE(client.Unary(text("one")).wait());
  return client.Unary(text("two")).wait().error();
}

Status call_a_busy_server() {
  interceptors::ConcurrencyLimitOptions options;
  options.max_running = 1;
  options.max_waiting = 0;
  EchoServer server{with(std::make_shared<interceptors::ConcurrencyLimit>(options))};
  const auto client = server.client({.enable_retries = false});
  const auto busy = client.UntilCancelled(text(""));
  for (int i = 0; i < 3000 && server.echo().running == 0; ++i) std::this_thread::sleep_for(10ms);
  return client.Unary(text("two")).wait().error();
}

}  // namespace

std::vector<Fault> admission_faults() {
  using enum StatusCode;
  const std::vector<std::string_view> token_keys = {"knob"};
  const auto token_fault = [&](std::string_view reason, std::function<Status()> inject) {
    return Fault{reason, kUnauthenticated, "server", token_keys, std::move(inject)};
  };
  return {
      token_fault("MISSING_TOKEN", [] { return call_with([](const SigningKey&) { return ""; }); }),
      token_fault("TOKEN_MALFORMED", [] { return call_with([](const SigningKey&) { return "none"; }); }),
      token_fault("TOKEN_ALGORITHM",
                  [] {
                    // {"alg":"none"}
                    return call_with([](const SigningKey&) { return "eyJhbGciOiJub25lIn0.e30.c2ln"; });
                  }),
      token_fault(
          "TOKEN_UNKNOWN_KEY",
          [] { return call_with([](const SigningKey& key) { return key.sign(claims(), "another"); }); }),
      token_fault("TOKEN_SIGNATURE",
                  [] {
                    return call_with(
                        [](const SigningKey&) { return SigningKey::ec().sign(claims(), "known"); });
                  }),
      token_fault("TOKEN_EXPIRED", with_claims([] { return claims("me", "here", -3600); })),
      token_fault("TOKEN_NOT_YET_VALID", with_claims([] { return claims("me", "here", 7200, 3600); })),
      token_fault("TOKEN_ISSUER", with_claims([] { return claims("you"); })),
      token_fault("TOKEN_AUDIENCE", with_claims([] { return claims("me", "there"); })),
      token_fault("TOKEN_NO_SUBJECT", with_claims([] { return claims("me", "here", 3600, -3600, ""); })),
      {"RATE_LIMITED",
       kResourceExhausted,
       "server",
       {"limit", "observed", "knob"},
       call_twice_in_a_long_time},
      {"OVERLOADED", kResourceExhausted, "server", {"limit", "knob"}, call_a_busy_server},
  };
}

}  // namespace parlance::faults
