// Faults of calls as their callers make them.

#include <future>
#include <thread>

#include "faults.h"
#include "net/testing/dns_server.h"
#include "raw_peers.h"
#include "rpc/echo_test_support.h"
#include "services/health_service.h"

namespace parlance::faults {
namespace {

using namespace std::chrono_literals;
using testing::Echo;
using testing::EchoClient;
using testing::EchoServer;
using testing::Text;
using testing::text;

template <typename T>
Status status_of(const Result<T>& reply) {
  return reply ? Status{} : reply.error();
}

Status call(const std::string& target, ChannelOptions options = {}) {
  options.enable_retries = false;
  return status_of(EchoClient{Channel::open(target, std::move(options))}.Unary(text("hello")).wait());
}

ChannelOptions configured(std::string_view json) {
  auto config = ServiceConfig::parse(json);
  require(config.has_value(), "call_faults: the service config is wrong");
  ChannelOptions options;
  options.service_config = *std::move(config);
  return options;
}

std::function<Status()> call_of(ChannelOptions options, std::size_t bytes, CallOptions call_options = {}) {
  return [=] {
    const EchoServer server;
    return status_of(server.client(options).Unary(text(std::string(bytes, 'x')), call_options).wait());
  };
}

// To a server that says nothing: one of ours might answer first that the deadline has passed.
std::function<Status()> endless_call(ChannelOptions options, CallOptions call_options) {
  return [=] {
    const RawServer server{{}};
    const EchoClient client{Channel::open(server.target(), options)};
    return status_of(client.UntilCancelled(text(""), call_options).wait());
  };
}

Status resolve_a_name_that_is_not() {
  net::testing::DnsServer names;
  return call("dns://" + names.address() + "/nowhere.example:1");
}

Status cancel() {
  EchoServer server;
  const EchoClient client = server.client();
  auto call = client.UntilCancelled(text(""));
  call.cancel();
  return call.wait().error();
}

class Throwing final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext&, ClientNext) override {
    throw std::runtime_error("of the interceptor");
  }
};

Status intercept_and_throw() {
  const EchoServer server;
  ChannelOptions options;
  options.interceptors = {std::make_shared<Throwing>()};
  return status_of(server.client(options).Unary(text("hello")).wait());
}

Status add_wrong_metadata() {
  Metadata metadata;
  return metadata.add("Wrong Name", "x").error();
}

// Its handler makes a call of its own, and tells how that ended.
class Relay final : public Service {
 public:
  explicit Relay(EchoClient next) : next_(std::move(next)) {}
  std::string_view full_name() const override { return "test.Echo"; }
  std::vector<MethodBinding> methods() override {
    std::vector<MethodBinding> methods;
    methods.push_back(bind_unary("UntilCancelled", *this, &Relay::UntilCancelled));
    return methods;
  }
  Status ended() {
    std::future<Status> future = ended_.get_future();
    const bool came = future.wait_for(30s) == std::future_status::ready;
    return came ? future.get() : Status{};
  }

 private:
  Task<Result<Text>> UntilCancelled(ServerCall&, Incoming<Text> request) {
    const Text& message = *request;
    Result<Text> reply = co_await next_.UntilCancelled(message);
    ended_.set_value(status_of(reply));
    co_return reply;
  }

  EchoClient next_;
  std::promise<Status> ended_;
};

// Two servers: what the call of the first to the second ends with. The limit is the first server's own, so
// that its loop and no message decides which deadline comes first.
Status relayed(bool caller_leaves) {
  EchoServer last;
  const RawServer silent{{}};
  const auto relay =
      std::make_shared<Relay>(EchoClient{Channel::open(caller_leaves ? last.target() : silent.target())});
  ServerOptions options{.listen = {"127.0.0.1:0"}, .threads = 1};
  if (!caller_leaves) options.max_timeout = 200ms;
  Server first{std::move(options)};
  first.add(relay);
  require(first.start().has_value(), "call_faults: cannot start");
  const EchoClient client{Channel::open(first.addresses().front())};
  auto call = client.UntilCancelled(text(""), {.timeout = 30s});
  if (caller_leaves) {
    for (int i = 0; i < 3000 && last.echo().running == 0; ++i) std::this_thread::sleep_for(10ms);
    call.cancel();
  }
  return relay->ended();
}

Status call_a_sick_server() {
  const auto registry = std::make_shared<services::HealthRegistry>();
  registry->set("test.Echo", services::ServingStatus::kNotServing);
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  server.add(std::make_shared<Echo>());
  server.add(services::make_health_service(registry));
  require(server.start().has_value(), "call_faults: cannot start");
  return call(server.addresses().front(), configured(R"({"loadBalancingConfig":[{"round_robin":{}}],
                             "healthCheckConfig":{"serviceName":"test.Echo"}})"));
}

}  // namespace

std::vector<Fault> call_faults() {
  using enum StatusCode;
  const TlsClientOptions no_roots{.ca_file = "/no/such.pem"};
  ChannelOptions untrusting;
  untrusting.tls = no_roots;
  const ChannelOptions limited =
      configured(R"({"methodConfig":[{"name":[{}],"maxRequestMessageBytes":100}]})");
  const ChannelOptions hurried = configured(R"({"methodConfig":[{"name":[{}],"timeout":"0.02s"}]})");
  return {
      {"BAD_TARGET",
       kInvalidArgument,
       "client",
       {"observed", "knob"},
       [] { return call("127.0.0.1:no-port"); }},
      {"TLS_CONFIGURATION",
       kInvalidArgument,
       "client",
       {"knob"},
       [=] { return call("127.0.0.1:1", untrusting); }},
      {"NAME_RESOLUTION_FAILED",
       kUnavailable,
       "client",
       {"target", "observed", "knob"},
       resolve_a_name_that_is_not},
      {"INVALID_METADATA", kInvalidArgument, "", {"observed"}, add_wrong_metadata},
      {"REQUEST_TOO_LARGE",
       kResourceExhausted,
       "client",
       {"limit", "observed", "knob"},
       call_of({.max_send_message_bytes = 100}, 200)},
      {"METHOD_REQUEST_TOO_LARGE",
       kResourceExhausted,
       "client",
       {"limit", "observed", "knob"},
       call_of(limited, 200)},
      {"DEADLINE_BEFORE_START",
       kDeadlineExceeded,
       "client",
       {"knob"},
       call_of({}, 1, {.deadline = Deadline::after(Clock::now(), -1s)})},
      {"DEADLINE_EXCEEDED",
       kDeadlineExceeded,
       "client",
       {"limit", "observed", "knob"},
       endless_call({}, {.timeout = 20ms})},
      {"METHOD_TIMEOUT_EXCEEDED",
       kDeadlineExceeded,
       "client",
       {"limit", "observed", "knob"},
       endless_call(hurried, {})},
      {"INHERITED_DEADLINE_EXCEEDED",
       kDeadlineExceeded,
       "client",
       {"limit", "observed", "knob"},
       [] { return relayed(/*caller_leaves=*/false); }},
      {"PARENT_CANCELLED", kCancelled, "client", {"knob"}, [] { return relayed(/*caller_leaves=*/true); }},
      {"CLIENT_INTERCEPTOR_EXCEPTION", kUnknown, "client", {}, intercept_and_throw},
      {"CANCELLED_BY_CALLER", kCancelled, "client", {}, cancel},
      {"NOT_SERVING", kUnavailable, "client", {"target", "observed", "knob"}, call_a_sick_server},
  };
}

}  // namespace parlance::faults
