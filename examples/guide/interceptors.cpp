// Interceptors of one's own, at both ends.
#include <atomic>
#include <memory>
#include <string>

#include "example.h"
#include "rpc/client_interceptor.h"
#include "rpc/server_interceptor.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// [server]
struct Tenant {
  std::string name;
};

class Tenants final : public ServerInterceptor {
  Task<Status> intercept(ServerCall& call, ServerNext next) override {
    const auto name = call.request_metadata().get("x-tenant");
    if (!name)
      co_return Status{StatusCode::kUnauthenticated, "x-tenant is missing"};  // the body stays unread
    call.attributes().set(Tenant{std::string{*name}});
    Status status = co_await next();
    if (!status.ok()) ++failures;
    co_return status;
  }

 public:
  std::atomic<int> failures = 0;  // one object serves every loop
};
// [/server]

class Greeter final : public Words::Handler {
  // [handler]
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text> request) override {
    const Tenant* tenant = call.attributes().find<Tenant>();
    if (request->text().empty()) co_return Status{StatusCode::kInvalidArgument, "text is empty"};
    co_return guide::label(tenant->name + " says " + request->text());
  }
  // [/handler]
};

// [client]
class Branding final : public ClientInterceptor {
  Task<Status> intercept(ClientCallContext& call, ClientNext next) override {
    (void)call.request_metadata().add("x-tenant", "blue");
    Status status = co_await next();
    last_attempts = call.attempts();
    co_return status;
  }

 public:
  std::atomic<unsigned> last_attempts = 0;
};
// [/client]

// [filter]
class Sizes final : public MessageFilter {
 public:
  Sizes(const ServerNext& next, std::atomic<std::size_t>& bytes) : MessageFilter(next), bytes_(bytes) {}
  Result<Buffer> on_request(Buffer message) override {
    bytes_ += message.size();
    return message;
  }

 private:
  std::atomic<std::size_t>& bytes_;
};

class Meter final : public ServerInterceptor {
  Task<Status> intercept(ServerCall&, ServerNext next) override {
    Sizes sizes{next, request_bytes};  // sees messages until the interceptor returns
    co_return co_await next();
  }

 public:
  std::atomic<std::size_t> request_bytes = 0;
};
// [/filter]

int main() {
  const auto tenants = std::make_shared<Tenants>();
  const auto meter = std::make_shared<Meter>();
  // [options]
  Server server{
      {.listen = {"127.0.0.1:0"}, .threads = 1, .interceptors = {tenants, meter}}};  // the first outermost
  // [/options]
  server.add(std::make_shared<Greeter>());
  guide::start(server);

  const auto branding = std::make_shared<Branding>();
  const Words::Client branded{Channel::open(server.addresses().front(), {.interceptors = {branding}})};
  const Words::Client plain{Channel::open(server.addresses().front())};

  const Text hello = guide::text("hello");
  guide::expect_equal(guide::value_of(branded.Classify(hello).wait()).name(), "blue says hello",
                      "the answer");
  guide::expect_equal(branding->last_attempts.load(), 1U, "attempts that the client's interceptor saw");
  guide::expect(plain.Classify(hello).wait().error().code() == StatusCode::kUnauthenticated,
                "a call without x-tenant is refused");
  guide::expect_equal(meter->request_bytes.load(), hello.ByteSizeLong(),
                      "bytes of requests that were let in");
  guide::expect(!branded.Classify(Text{}).wait(), "an empty text is an error");
  guide::expect_equal(tenants->failures.load(), 1, "failures that the server's interceptor saw");
}
