// Faults that a server finds, most of them in bytes that no client of ours sends.

#include <gtest/gtest.h>

#include <thread>

#include "faults.h"
#include "grpc/compression.h"
#include "grpc/error_details.h"
#include "grpc/health/v1/health.parlance.h"
#include "grpc/testing/test.parlance.h"
#include "raw_peers.h"
#include "rpc/echo_test_support.h"
#include "services/health_service.h"

namespace parlance::faults {
namespace {

using namespace std::chrono_literals;
using testing::EchoServer;
using testing::Text;
using testing::text;

constexpr std::string_view kUnary = "/test.Echo/Unary";

std::string message() { return framed(text("hello").SerializeAsString()); }

std::function<Status()> asked(std::string path, Texts other, std::string body, ServerOptions options = {}) {
  return [=] {
    const EchoServer server{options};
    return ask_raw(server.target(), request_fields(path, other), body).status;
  };
}

std::function<Status()> asked_for(std::string path) { return asked(std::move(path), {}, message()); }
std::function<Status()> asked_with(Texts fields) {
  return asked(std::string{kUnary}, std::move(fields), message());
}
std::function<Status()> sent(std::string body, Texts fields = {}, ServerOptions options = {}) {
  return asked(std::string{kUnary}, std::move(fields), std::move(body), std::move(options));
}

std::string gzip_bomb() {
  const Buffer zeros = Buffer::copy_of(as_bytes(std::string(1 << 20, '\0')));
  return std::string{as_text(grpc::compress_and_frame(grpc::Encoding::kGzip, zeros.bytes()).bytes())};
}

Status call_with_large_metadata() {
  const EchoServer server;
  Metadata metadata;
  for (int i = 0; i < 40; ++i) (void)metadata.add("x-large", std::string(4096, 'v'));
  const auto reply = server.client().Unary(text("hello"), {.metadata = &metadata}).wait();
  return reply ? Status{} : reply.error();
}

Status throw_in_handler() {
  const EchoServer server;
  return server.client().Throw(text("secret")).wait().error();
}

// Ends calls in its own way.
class Misbehaving final : public ServerInterceptor {
 public:
  explicit Misbehaving(bool throws) : throws_(throws) {}
  Task<Status> intercept(ServerCall&, ServerNext) override {
    if (throws_) throw std::runtime_error("of the interceptor");
    return end_call(Status{});
  }

 private:
  const bool throws_;
};

Status intercepted(bool throws) {
  ServerOptions options;
  options.interceptors = {std::make_shared<Misbehaving>(throws)};
  const EchoServer server{std::move(options)};
  return server.client().Unary(text("hello")).wait().error();
}

// Keeps how calls ended.
class Witness final : public ServerInterceptor {
 public:
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    Status status = co_await next();
    const std::lock_guard lock{mutex_};
    seen_ = status;
    co_return status;
  }
  std::optional<Status> seen() const {
    const std::lock_guard lock{mutex_};
    return seen_;
  }

 private:
  mutable std::mutex mutex_;
  std::optional<Status> seen_;
};

Status leave() {
  const auto witness = std::make_shared<Witness>();
  ServerOptions options;
  options.interceptors = {witness};
  const EchoServer server{std::move(options)};
  {
    auto chat = server.client().Chat();
    EXPECT_TRUE(chat.write(text("hello")).wait());
    EXPECT_TRUE(chat.read().wait());
  }
  for (int i = 0; i < 3000 && !witness->seen(); ++i) std::this_thread::sleep_for(10ms);
  return witness->seen().value_or(Status{});
}

std::function<Status()> outlasted(ServerOptions options, Texts fields = {}) {
  return asked("/test.Echo/UntilCancelled", std::move(fields), message(), std::move(options));
}

Status shut_down() {
  EchoServer server;
  auto chat = server.client({.enable_retries = false}).Chat();
  EXPECT_TRUE(chat.write(text("hello")).wait());
  EXPECT_TRUE(chat.read().wait());
  server.server().shutdown(0ms);
  return chat.finish().wait();
}

Status ask_for_health_of_a_stranger() {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(services::make_health_service(std::make_shared<services::HealthRegistry>()));
  EXPECT_TRUE(server.start());
  const ::grpc::health::v1::Health::Client client{Channel::open(server.addresses().front())};
  ::grpc::health::v1::HealthCheckRequest request;
  request.set_service("stranger");
  return client.Check(request).wait().error();
}

Status watch_to_the_end() {
  const auto registry = std::make_shared<services::HealthRegistry>();
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(services::make_health_service(registry));
  EXPECT_TRUE(server.start());
  const ::grpc::health::v1::Health::Client client{Channel::open(server.addresses().front())};
  const ::grpc::health::v1::HealthCheckRequest request;
  auto watch = client.Watch(request);
  EXPECT_TRUE(watch.read().wait());
  registry->shut_down();
  return watch.finish().wait();
}

class NothingWritten final : public ::grpc::testing::TestService::Handler {};

Status call_a_method_that_was_not_written() {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(std::make_shared<NothingWritten>());
  EXPECT_TRUE(server.start());
  const ::grpc::testing::TestService::Client client{Channel::open(server.addresses().front())};
  const ::grpc::testing::Empty request;
  return client.EmptyCall(request).wait().error();
}

Status start_with(ServerOptions options) {
  Server server{std::move(options)};
  const Result<void> started = server.start();
  return started ? Status{} : started.error();
}

}  // namespace

std::vector<Fault> server_faults() {
  using enum StatusCode;
  ServerOptions small;
  small.max_receive_message_bytes = 1000;
  const Texts gzip = {{"grpc-encoding", "gzip"}};
  const TlsServerOptions no_certificate{.certificate_file = "/no/such.pem", .key_file = "/no/such.key"};
  return {
      {"MALFORMED_METHOD", kUnimplemented, "server", {"observed"}, asked_for("/nowhere")},
      {"UNKNOWN_SERVICE", kUnimplemented, "server", {"observed"}, asked_for("/no.such.Service/Method")},
      {"UNKNOWN_METHOD", kUnimplemented, "server", {"observed"}, asked_for("/test.Echo/Nothing")},
      {"METHOD_NOT_SERVED", kUnimplemented, "server", {"observed"}, call_a_method_that_was_not_written},
      {"BAD_TIMEOUT", kInternal, "server", {"observed", "knob"}, asked_with({{"grpc-timeout", "soon"}})},
      {"UNSUPPORTED_REQUEST_ENCODING",
       kUnimplemented,
       "server",
       {"limit", "observed", "knob"},
       asked_with({{"grpc-encoding", "snappy"}})},
      {"CODEC_NOT_SUPPORTED",
       kUnimplemented,
       "server",
       {"observed", "knob"},
       asked_with({{"content-type", "application/grpc+json"}})},
      {"METADATA_NOT_BASE64", kInternal, "server", {"observed"}, asked_with({{"x-some-bin", "!"}})},
      {"REQUEST_HEADERS_TOO_LARGE",
       kResourceExhausted,
       "server",
       {"limit", "knob"},
       call_with_large_metadata},

      {"COMPRESSED_WITHOUT_ENCODING", kInternal, "server", {}, sent(framed("x", 1))},
      {"INVALID_MESSAGE_PREFIX", kInternal, "server", {"observed"}, sent(framed("x", 7))},
      {"MESSAGE_NOT_DECOMPRESSIBLE", kInternal, "server", {"observed"}, sent(framed("x", 1), gzip)},
      {"DECOMPRESSED_TOO_LARGE",
       kResourceExhausted,
       "server",
       {"limit", "knob"},
       sent(gzip_bomb(), gzip, {.max_receive_message_bytes = 100'000})},
      {"MESSAGE_TOO_LARGE",
       kResourceExhausted,
       "server",
       {"limit", "observed", "knob"},
       sent(framed("", 0, 2000), {}, small)},
      {"MESSAGE_CUT_OFF", kInternal, "server", {"observed"}, sent(framed("x", 0, 10))},
      {"MESSAGE_NOT_PARSABLE", kInternal, "server", {"limit", "observed"}, sent(framed("\xff\xff\xff\xff"))},
      {"REQUEST_MISSING", kUnimplemented, "server", {"limit", "observed"}, sent("")},
      {"REQUEST_NOT_SINGLE", kUnimplemented, "server", {"limit", "observed"}, sent(message() + message())},

      {"HANDLER_EXCEPTION", kUnknown, "server", {}, throw_in_handler},
      {"INTERCEPTOR_EXCEPTION", kUnknown, "server", {}, [] { return intercepted(/*throws=*/true); }},
      {"INTERCEPTOR_WITHOUT_RESPONSE", kInternal, "server", {}, [] { return intercepted(/*throws=*/false); }},
      {"CALLER_LEFT", kCancelled, "server", {}, leave},

      {"DEADLINE_EXCEEDED",
       kDeadlineExceeded,
       "server",
       {"limit", "knob"},
       outlasted({}, {{"grpc-timeout", "20m"}})},
      {"DEFAULT_TIMEOUT_EXCEEDED",
       kDeadlineExceeded,
       "server",
       {"limit", "knob"},
       outlasted({.default_timeout = 20ms})},
      {"MAX_TIMEOUT_EXCEEDED",
       kDeadlineExceeded,
       "server",
       {"limit", "knob"},
       outlasted({.max_timeout = 20ms}, {{"grpc-timeout", "1H"}})},
      {"SERVER_SHUTDOWN", kUnavailable, "server", {"limit", "knob"}, shut_down},

      {"HEALTH_SERVICE_UNKNOWN", kNotFound, "server", {"observed"}, ask_for_health_of_a_stranger},
      {"SHUTTING_DOWN", kUnavailable, "server", {}, watch_to_the_end},
      {"CANNOT_LISTEN",
       kUnavailable,
       "server",
       {"observed", "knob"},
       [] { return start_with({.listen = {"192.0.2.1:1"}, .threads = 1}); }},
      {"TLS_CONFIGURATION",
       kInvalidArgument,
       "server",
       {"knob"},
       [=] { return start_with({.listen = {"127.0.0.1:0"}, .tls = no_certificate, .threads = 1}); }},
  };
}

}  // namespace parlance::faults
