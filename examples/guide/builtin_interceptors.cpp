// The interceptors that come with the library: access log, Bearer tokens, limits.
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "example.h"
#include "grpc/error_details.h"
#include "interceptors/access_log.h"
#include "interceptors/bearer_auth.h"
#include "interceptors/caller.h"
#include "interceptors/concurrency_limit.h"
#include "interceptors/rate_limit.h"
#include "net/testing/certificates.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;
using namespace parlance::interceptors;

class WhoCalls final : public Words::Handler {
  // [handler]
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text>) override {
    const Caller* caller = call.attributes().find<Caller>();
    co_return guide::label(caller->subject);
  }
  // [/handler]
};

int main() {
  const net::testing::TemporaryFolder folder;
  const std::string keys_file = folder.file("keys");
  std::ofstream{keys_file} << "alice  6f1c0f0e-53a1-4cf7\n";
  std::mutex mutex;
  std::vector<std::string> log;

  // [options]
  const auto sink = [&](const CallRecord& record) {  // on the call's loop: be quick
    const std::lock_guard lock{mutex};
    log.push_back(record.method + " " + std::string{to_string(record.code)} + " " + record.subject);
  };
  auto auth = BearerAuth::make({.keys_file = keys_file});
  if (!auth) return std::fprintf(stderr, "%s\n", auth.error().c_str()), 1;

  Server server{{.listen = {"127.0.0.1:0"},
                 .threads = 1,
                 .interceptors = {
                     std::make_shared<AccessLog>(sink),  // outermost: sees what the others refuse
                     *auth,                              // before whatever asks who calls
                     std::make_shared<RateLimit>(RateLimitOptions{.calls_per_second = 0.001, .burst = 1}),
                     std::make_shared<ConcurrencyLimit>(ConcurrencyLimitOptions{.max_running = 64}),
                 }}};
  // [/options]
  server.add(std::make_shared<WhoCalls>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front(), {.enable_retries = false})};

  const Status nobody = client.Classify(Text{}).wait().error();
  guide::expect_equal(grpc::error_info(nobody)->reason, "MISSING_TOKEN", "a call without a token");

  // [token]
  Metadata metadata;
  if (!metadata.add("authorization", "Bearer 6f1c0f0e-53a1-4cf7")) return 1;
  const Result<Label> label = client.Classify(Text{}, {.metadata = &metadata}).wait();
  // [/token]
  guide::expect_equal(guide::value_of(label).name(), "alice", "the caller");

  // [limited]
  const Status limited = client.Classify(Text{}, {.metadata = &metadata}).wait().error();
  const auto retry = grpc::find_detail<grpc::RetryInfo>(limited);  // when to come back
  // [/limited]
  guide::expect(limited.code() == StatusCode::kResourceExhausted, "a call too many is refused");
  guide::expect(retry && retry->retry_delay > Duration::zero(), "with the time after which to come back");

  guide::expect(guide::eventually([&] {
                  const std::lock_guard lock{mutex};
                  return log == std::vector<std::string>{"/guide.v1.Words/Classify UNAUTHENTICATED ",
                                                         "/guide.v1.Words/Classify OK alice",
                                                         "/guide.v1.Words/Classify RESOURCE_EXHAUSTED alice"};
                }),
                "the access log has all three calls");
}
