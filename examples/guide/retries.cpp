// Retries, hedges and timeouts by a service config.
#include <atomic>
#include <memory>
#include <string>

#include "example.h"
#include "rpc/in_process.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

class Unsteady final : public Words::Handler {
 public:
  std::atomic<int> attempts = 0;

 private:
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text> request) override {
    const int attempt = ++attempts;
    if (request->text() == "fail twice" && attempt <= 2)
      co_return Status{StatusCode::kUnavailable, "not now"};
    if (request->text() == "sleep once" && attempt == 1) co_await call.sleep_for(1h);
    // [pushback]
    if (request->text() == "overloaded") {
      call.set_retry_pushback(std::nullopt);  // or a time after which to try again
      co_return Status{StatusCode::kUnavailable, "do not try again"};
    }
    // [/pushback]
    co_return guide::label("attempt " + std::to_string(attempt));
  }
};

namespace {

ServiceConfig parsed(const char* json) {
  auto config = ServiceConfig::parse(json);
  if (!config) guide::expect(false, config.error());
  return *std::move(config);
}

// [retry]
constexpr const char* kRetrying = R"({
  "methodConfig": [{
    "name": [{"service": "guide.v1.Words"}],
    "timeout": "30s",
    "retryPolicy": {
      "maxAttempts": 3, "initialBackoff": "0.01s", "maxBackoff": "0.1s", "backoffMultiplier": 2,
      "retryableStatusCodes": ["UNAVAILABLE"]
    }
  }],
  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}
})";
// [/retry]

// [hedge]
constexpr const char* kHedging = R"({
  "methodConfig": [{
    "name": [{"service": "guide.v1.Words", "method": "Classify"}],
    "hedgingPolicy": {"maxAttempts": 2, "hedgingDelay": "0.02s"}
  }]
})";
// [/hedge]

}  // namespace

int main() {
  const auto unsteady = std::make_shared<Unsteady>();
  Server server{{.listen = {}, .threads = 1}};
  server.add(unsteady);
  guide::start(server);
  const auto answer = [&](ChannelOptions options, const char* text) {
    unsteady->attempts = 0;
    return Words::Client{in_process_channel(server, std::move(options))}.Classify(guide::text(text)).wait();
  };

  guide::expect_equal(guide::value_of(answer({.service_config = parsed(kRetrying)}, "fail twice")).name(),
                      "attempt 3", "a call that is tried again");
  guide::expect_equal(guide::value_of(answer({.service_config = parsed(kHedging)}, "sleep once")).name(),
                      "attempt 2", "a call whose first attempt hangs");
  guide::expect_equal(guide::value_of(answer({}, "fail twice")).name(), "attempt 3", "without any config");
  guide::expect(!answer({.enable_retries = false}, "fail twice"), "a channel may do without");
  guide::expect(!answer({}, "overloaded"), "a server may ask for no more");
  guide::expect_equal(unsteady->attempts.load(), 1, "attempts made then");
}
