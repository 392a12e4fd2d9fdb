// The interceptors of this folder around real calls, of all four types.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "grpc/error_details.h"
#include "interceptors/access_log.h"
#include "interceptors/bearer_auth.h"
#include "interceptors/concurrency_limit.h"
#include "interceptors/rate_limit.h"
#include "interceptors/token_test_support.h"
#include "rpc/echo_test_support.h"

namespace parlance::interceptors {
namespace {

using namespace std::chrono_literals;
using parlance::testing::EchoClient;
using parlance::testing::EchoServer;
using parlance::testing::eventually;
using parlance::testing::number;
using parlance::testing::reason_of;
using parlance::testing::Text;
using parlance::testing::text;
using ::testing::AllOf;
using ::testing::Field;
using ::testing::HasSubstr;
using testing::key_set;
using testing::SigningKey;
using ::testing::SizeIs;
using ::testing::StartsWith;

constexpr auto kPatience = 30s;

// What is refused with advice to come back must not be tried again behind the test's back.
const ChannelOptions kOnce{.enable_retries = false};

Metadata metadata(std::initializer_list<std::pair<const char*, std::string>> entries) {
  Metadata made;
  for (const auto& [name, value] : entries) EXPECT_TRUE(made.add(name, value));
  return made;
}

ServerOptions with(std::vector<std::shared_ptr<ServerInterceptor>> interceptors) {
  return {.interceptors = std::move(interceptors)};
}

// --- access log

class Records {
 public:
  AccessLog::Sink sink() {
    return [this](const CallRecord& record) {
      const std::lock_guard lock{mutex_};
      records_.push_back(record);
    };
  }
  std::vector<CallRecord> take(std::size_t count) {
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock{mutex_};
      return records_.size() >= count;
    }));
    const std::lock_guard lock{mutex_};
    return std::exchange(records_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<CallRecord> records_;
};

TEST(AccessLog, RecordsCallsOfAllTypes) {
  Records records;
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink())})};
  const EchoClient client = server.client();

  ASSERT_TRUE(client.Unary(text("hello"), {.timeout = 10s}).wait());
  CallRecord record = records.take(1).front();
  EXPECT_EQ(record.method, "/test.Echo/Unary");
  EXPECT_THAT(record.peer, StartsWith("ipv4:127.0.0.1:"));
  EXPECT_EQ(record.code, StatusCode::kOk);
  EXPECT_GT(record.duration, 0ns);
  EXPECT_GT(record.time_left.value_or(0ns), 0ns);
  EXPECT_EQ(record.request_messages, 1);
  EXPECT_EQ(record.request_bytes, text("hello").ByteSizeLong());
  EXPECT_EQ(record.response_messages, 1);
  EXPECT_EQ(record.response_bytes, text("hello").ByteSizeLong());

  auto collect = client.Collect();
  for (const char* word : {"a", "b"}) EXPECT_TRUE(collect.write(text(word)).wait());
  ASSERT_TRUE(collect.finish().wait());
  record = records.take(1).front();
  EXPECT_EQ(record.request_messages, 2);
  EXPECT_EQ(record.response_messages, 1);
  EXPECT_FALSE(record.time_left);

  auto split = client.Split(text("abc"));
  ASSERT_TRUE(split.finish().wait().ok());
  EXPECT_EQ(records.take(1).front().response_messages, 3);

  auto chat = client.Chat();
  EXPECT_TRUE(chat.write(text("a")).wait());
  EXPECT_TRUE(chat.read().wait());
  chat.writes_done().wait();
  ASSERT_TRUE(chat.finish().wait().ok());
  record = records.take(1).front();
  EXPECT_EQ(record.request_messages, 1);
  EXPECT_EQ(record.response_messages, 1);
}

TEST(AccessLog, RecordsWhyCallsFail) {
  Records records;
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink())})};
  EXPECT_FALSE(server.client().Throw(text("secret")).wait());
  const CallRecord record = records.take(1).front();
  EXPECT_EQ(record.code, StatusCode::kUnknown);
  EXPECT_EQ(record.reason, "HANDLER_EXCEPTION");
}

TEST(AccessLog, TellsTheCallerTheTraceIdThatItMade) {
  Records records;
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink())})};
  auto call = server.client().Unary(text("hello"));
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.initial_metadata().get("x-trace-id"), records.take(1).front().trace.trace_id);
}

TEST(AccessLog, KeepsTheIdsThatTheCallerGave) {
  Records records;
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink())})};
  const Metadata given =
      metadata({{"x-trace-id", "abc"},
                {"x-client-id", "web-7"},
                {"traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}});
  auto call = server.client().Unary(text("hello"), {.metadata = &given});
  ASSERT_TRUE(call.wait());
  EXPECT_EQ(call.initial_metadata().get("x-trace-id"), "abc");
  const CallRecord record = records.take(1).front();
  EXPECT_EQ(record.trace.trace_id, "abc");
  EXPECT_EQ(record.client_id, "web-7");
  EXPECT_EQ(record.trace.span.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(record.trace.parent_span_id, "b7ad6b7169203331");
}

/// Keeps what client calls made for the call would send.
class Propagation final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    const std::lock_guard lock{mutex};
    metadata = call.propagated_metadata();
    return next();
  }
  std::mutex mutex;
  Metadata metadata;
};

TEST(AccessLog, HandsTheTraceOnToCallsMadeForTheCall) {
  Records records;
  const auto propagation = std::make_shared<Propagation>();
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink()), propagation})};
  ASSERT_TRUE(server.client().Unary(text("hello")).wait());
  const CallRecord record = records.take(1).front();
  const std::lock_guard lock{propagation->mutex};
  EXPECT_EQ(propagation->metadata.get("x-trace-id"), record.trace.trace_id);
  EXPECT_EQ(propagation->metadata.get("traceparent"), record.trace.span.to_string());
}

// --- Bearer tokens

class TokenFiles : public ::testing::Test {
 protected:
  void TearDown() override {
    std::filesystem::remove(keys_);
    std::filesystem::remove(jwks_);
  }
  static void write(const std::string& path, const std::string& text) {
    // In one step, as whoever replaces such a file should: half of one may be read otherwise.
    std::ofstream{path + ".new", std::ios::trunc} << text;
    std::filesystem::rename(path + ".new", path);
  }
  static std::shared_ptr<BearerAuth> made(BearerAuthOptions options) {
    auto auth = BearerAuth::make(std::move(options));
    EXPECT_TRUE(auth) << auth.error();
    return *auth;
  }
  static std::string claims(std::chrono::seconds from_now) {
    const auto expires = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch() + from_now);
    return R"({"sub":"alice","iss":"me","exp":)" + std::to_string(expires.count()) + "}";
  }
  static Status call(const EchoServer& server, const std::string& authorization) {
    const Metadata sent = metadata({{"authorization", authorization}});
    const auto reply = server.client().Unary(text("hello"), {.metadata = &sent}).wait();
    return reply ? Status{} : reply.error();
  }

  // Of this process: tests run side by side.
  const std::string own_ = ::testing::TempDir() + "parlance-" + std::to_string(getpid());
  const std::string keys_ = own_ + "-keys";
  const std::string jwks_ = own_ + "-jwks";
};

TEST_F(TokenFiles, AStaticTokenLetsItsHolderIn) {
  write(keys_, "ci 0123456789abcdef\n");
  Records records;
  const EchoServer server{with({std::make_shared<AccessLog>(records.sink()), made({.keys_file = keys_})})};
  EXPECT_TRUE(call(server, "Bearer 0123456789abcdef").ok());
  EXPECT_TRUE(call(server, "bearer 0123456789abcdef").ok());
  EXPECT_THAT(records.take(2), ::testing::Each(Field(&CallRecord::subject, "ci")));
}

TEST_F(TokenFiles, EveryTypeOfCallIsRefusedWithoutAToken) {
  write(keys_, "ci 0123456789abcdef\n");
  const EchoServer server{with({made({.keys_file = keys_})})};
  const EchoClient client = server.client();
  const Status unary = client.Unary(text("hello")).wait().error();
  EXPECT_EQ(unary.code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(unary.message(), "Missing Bearer token");
  EXPECT_EQ(reason_of(unary), "MISSING_TOKEN");
  EXPECT_EQ(reason_of(client.Collect().finish().wait().error()), "MISSING_TOKEN");
  EXPECT_EQ(reason_of(client.Split(text("a")).finish().wait()), "MISSING_TOKEN");
  EXPECT_EQ(reason_of(client.Chat().finish().wait()), "MISSING_TOKEN");
  EXPECT_EQ(server.echo().started, 0);
}

TEST_F(TokenFiles, AWrongTokenIsInvalid) {
  write(keys_, "ci 0123456789abcdef\n");
  const EchoServer server{with({made({.keys_file = keys_})})};
  for (const char* authorization : {"Basic 0123456789abcdef", "Bearer", "0123456789abcdef"}) {
    EXPECT_EQ(reason_of(call(server, authorization)), "MISSING_TOKEN") << authorization;
  }
  const Status wrong = call(server, "Bearer 0123456789abcdeg");
  EXPECT_EQ(wrong.code(), StatusCode::kUnauthenticated);
  EXPECT_EQ(wrong.message(), "Invalid or expired token");
  EXPECT_EQ(reason_of(wrong), "TOKEN_SIGNATURE");
}

TEST_F(TokenFiles, ASignedTokenLetsItsSubjectInUntilItExpires) {
  const SigningKey key = SigningKey::ec();
  write(jwks_, key_set({key.json()}));
  Records records;
  const EchoServer server{with(
      {std::make_shared<AccessLog>(records.sink()), made({.jwks_file = jwks_, .claims = {.issuer = "me"}})})};
  EXPECT_TRUE(call(server, "Bearer " + key.sign(claims(1h))).ok());
  EXPECT_EQ(records.take(1).front().subject, "alice");
  EXPECT_EQ(reason_of(call(server, "Bearer " + key.sign(claims(-1h)))), "TOKEN_EXPIRED");
  EXPECT_EQ(reason_of(call(server, "Bearer " + std::string(9'000, 'x'))), "TOKEN_MALFORMED");
}

TEST_F(TokenFiles, AChangedKeySetIsReadAgainAndABadOneIsNot) {
  const SigningKey before = SigningKey::ec();
  const SigningKey after = SigningKey::secret();
  std::atomic<int> complaints = 0;
  write(jwks_, key_set({before.json()}));
  const auto complain = [&](std::string_view why) {
    EXPECT_THAT(why, HasSubstr("-jwks: no JSON Web Key Set"));
    ++complaints;
  };
  const EchoServer server{with({made({.jwks_file = jwks_, .on_reload_error = complain})})};
  EXPECT_TRUE(call(server, "Bearer " + before.sign(claims(1h))).ok());
  write(jwks_, "{");
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(call(server, "Bearer " + before.sign(claims(1h))).ok());
    return complaints == 1;
  }));
  write(jwks_, key_set({after.json()}));
  EXPECT_TRUE(eventually([&] { return call(server, "Bearer " + after.sign(claims(1h))).ok(); }));
  EXPECT_FALSE(call(server, "Bearer " + before.sign(claims(1h))).ok());
}

TEST_F(TokenFiles, ExemptServicesNeedNoToken) {
  write(keys_, "ci 0123456789abcdef\n");
  const EchoServer server{with({made({.keys_file = keys_, .exempt = ExemptMethods{{"/test.Echo/Unary"}}})})};
  EXPECT_TRUE(server.client().Unary(text("hello")).wait());
  EXPECT_FALSE(server.client().Remaining(text("hello")).wait());
}

TEST_F(TokenFiles, FilesThatCannotBeUsedAreSaidAtOnce) {
  EXPECT_EQ(BearerAuth::make({.keys_file = keys_}).error(), "cannot read " + keys_);
  write(keys_, "ci short\n");
  EXPECT_EQ(BearerAuth::make({.keys_file = keys_}).error(),
            keys_ + ": line 1: the token has fewer than 16 characters");
  EXPECT_EQ(BearerAuth::make({}).error(), "neither a file of keys nor one of signing keys is named");
}

// --- rate limit

TEST(RateLimit, RefusesWithTheTimeToComeBack) {
  const EchoServer server{
      with({std::make_shared<RateLimit>(RateLimitOptions{.calls_per_second = 0.001, .burst = 2})})};
  const EchoClient client = server.client(kOnce);
  EXPECT_TRUE(client.Unary(text("one")).wait());
  EXPECT_TRUE(client.Split(text("ab")).finish().wait().ok());
  auto call = client.Collect();
  const Status refused = call.finish().wait().error();
  EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(refused), "RATE_LIMITED");
  const auto retry = grpc::find_detail<grpc::RetryInfo>(refused);
  ASSERT_TRUE(retry);
  EXPECT_GT(retry->retry_delay, 900s);
  EXPECT_LE(retry->retry_delay, 1000s);
  const auto quota = grpc::find_detail<grpc::QuotaFailure>(refused);
  ASSERT_TRUE(quota);
  ASSERT_THAT(quota->violations, SizeIs(1));
  EXPECT_EQ(quota->violations[0].subject, "peer:ipv4:127.0.0.1");
  const auto pushback = call.trailing_metadata().get("grpc-retry-pushback-ms");
  ASSERT_TRUE(pushback);
  EXPECT_GT(std::stol(std::string{*pushback}), 900'000);
  EXPECT_EQ(reason_of(client.Chat().finish().wait()), "RATE_LIMITED");
}

TEST(RateLimit, CountsEachClientForItself) {
  const EchoServer server{
      with({std::make_shared<RateLimit>(RateLimitOptions{.calls_per_second = 0.001, .burst = 1})})};
  const EchoClient client = server.client(kOnce);
  for (const char* id : {"one", "two"}) {
    const Metadata sent = metadata({{"x-client-id", id}});
    EXPECT_TRUE(client.Unary(text("hello"), {.metadata = &sent}).wait()) << id;
    EXPECT_FALSE(client.Unary(text("hello"), {.metadata = &sent}).wait()) << id;
  }
  EXPECT_TRUE(client.Unary(text("hello")).wait());
}

TEST_F(TokenFiles, TheRateLimitCountsASubjectWhateverItCallsItself) {
  write(keys_, "ci 0123456789abcdef\n");
  const EchoServer server{with({made({.keys_file = keys_}), std::make_shared<RateLimit>(RateLimitOptions{
                                                                .calls_per_second = 0.001, .burst = 1})})};
  const EchoClient client = server.client(kOnce);
  const Metadata one = metadata({{"authorization", "Bearer 0123456789abcdef"}, {"x-client-id", "one"}});
  const Metadata two = metadata({{"authorization", "Bearer 0123456789abcdef"}, {"x-client-id", "two"}});
  EXPECT_TRUE(client.Unary(text("hello"), {.metadata = &one}).wait());
  EXPECT_EQ(reason_of(client.Unary(text("hello"), {.metadata = &two}).wait().error()), "RATE_LIMITED");
}

// --- concurrency limit

struct Limited {
  explicit Limited(std::size_t running, std::size_t waiting)
      : limit(std::make_shared<ConcurrencyLimit>(
            ConcurrencyLimitOptions{.max_running = running, .max_waiting = waiting})),
        server(with({limit})) {}

  bool runs(std::size_t count) const {
    return eventually([&] { return limit->running() == count; });
  }
  bool waits(std::size_t count) const {
    return eventually([&] { return limit->waiting() == count; });
  }

  std::shared_ptr<ConcurrencyLimit> limit;
  EchoServer server;
  EchoClient client = server.client(kOnce);
};

TEST(ConcurrencyLimit, LetsWaitingCallsInAsOthersEnd) {
  const Limited limited{1, 8};
  auto first = limited.client.Chat();
  ASSERT_TRUE(limited.runs(1));
  auto second = limited.client.Unary(text("second"));
  ASSERT_TRUE(limited.waits(1));
  EXPECT_EQ(limited.server.echo().started, 1);
  first.writes_done().wait();
  EXPECT_TRUE(first.finish().wait().ok());
  EXPECT_EQ(second.wait()->value(), "second");
  EXPECT_TRUE(limited.runs(0));
}

TEST(ConcurrencyLimit, ShedsWhatFindsTheQueueFull) {
  const Limited limited{1, 1};
  auto first = limited.client.Chat();
  ASSERT_TRUE(limited.runs(1));
  auto second = limited.client.Chat();
  ASSERT_TRUE(limited.waits(1));
  auto third = limited.client.Unary(text("third"));
  const Status shed = third.wait().error();
  EXPECT_EQ(shed.code(), StatusCode::kResourceExhausted);
  EXPECT_EQ(reason_of(shed), "OVERLOADED");
  ASSERT_TRUE(grpc::find_detail<grpc::RetryInfo>(shed));
  EXPECT_GE(grpc::find_detail<grpc::RetryInfo>(shed)->retry_delay, AdmissionQueue::kSoonest);
  ASSERT_TRUE(third.trailing_metadata().get("grpc-retry-pushback-ms"));
}

TEST(ConcurrencyLimit, ForgetsWaitingCallsThatExpireOrLeave) {
  const Limited limited{1, 2};
  auto first = limited.client.Chat();
  ASSERT_TRUE(limited.runs(1));
  {
    auto leaves = limited.client.Chat();
    ASSERT_TRUE(limited.waits(1));
  }
  EXPECT_TRUE(limited.waits(0));
  const Result<Text> late = limited.client.Unary(text("late"), {.timeout = 20ms}).wait();
  EXPECT_EQ(late.error().code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(limited.waits(0));
  EXPECT_EQ(limited.server.echo().started, 1);
  first.cancel();
  EXPECT_TRUE(limited.runs(0));
  EXPECT_TRUE(limited.client.Unary(text("after")).wait());
}

TEST(ConcurrencyLimit, EndsWithTheServer) {
  Limited limited{1, 8};
  auto first = limited.client.Chat();
  ASSERT_TRUE(limited.runs(1));
  auto second = limited.client.Chat();
  ASSERT_TRUE(limited.waits(1));
  limited.server.server().shutdown(0ms);
  limited.server.server().wait();
  EXPECT_EQ(limited.limit->running(), 0);
  EXPECT_EQ(limited.limit->waiting(), 0);
}

// Many threads, many loops, hardly any room: every call is answered, and the books are even at the end.
TEST(ConcurrencyLimit, KeepsItsBooksUnderACrowd) {
  const Limited limited{2, 3};
  std::atomic<int> served = 0;
  std::atomic<int> shed = 0;
  std::vector<std::thread> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back([&] {
      const EchoClient client = limited.server.client(kOnce);
      for (int round = 0; round < 50; ++round) {
        const auto reply = client.Sleep(number(round % 3)).wait();
        reply ? ++served : ++shed;
        EXPECT_TRUE(reply || reason_of(reply.error()) == "OVERLOADED");
      }
    });
  }
  for (std::thread& thread : crowd) thread.join();
  EXPECT_EQ(served + shed, 400);
  EXPECT_GT(served, 0);
  EXPECT_TRUE(limited.runs(0));
  EXPECT_EQ(limited.limit->waiting(), 0);
}

}  // namespace
}  // namespace parlance::interceptors
