// Deadlines: of a call, inherited by the calls that its handler makes, limited by the server.
#include <memory>
#include <string>

#include "example.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// Says what its caller's deadline leaves; told to sleep, it sleeps until nobody waits.
class Back final : public Words::Handler {
 public:
  guide::Event stopped;

 private:
  // [remaining]
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text> request) override {
    Label label;
    const bool limited = !call.deadline().is_never();
    label.set_budget_ms(limited ? std::chrono::ceil<std::chrono::milliseconds>(call.time_remaining()).count()
                                : -1);
    if (request->text() == "sleep" && !co_await call.sleep_for(1h)) stopped.happened();
    co_return label;
  }
  // [/remaining]
};

// [inherited]
class Front final : public Words::Handler {
 public:
  explicit Front(Channel back) : back_(std::move(back)) {}

 private:
  Task<Result<Label>> Classify(ServerCall&, Incoming<Text> request) override {
    if (request->text() == "detached") co_return co_await back_.Classify(*request, detach());
    co_return co_await back_.Classify(*request);  // ends with this call, a little earlier
  }
  Words::Client back_;
};
// [/inherited]

int main() {
  Server back{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  const auto sleeper = std::make_shared<Back>();
  back.add(sleeper);
  guide::start(back);
  // [server]
  Server front{{.listen = {"127.0.0.1:0"}, .threads = 1, .default_timeout = 20s, .max_timeout = 60s}};
  // [/server]
  front.add(std::make_shared<Front>(Channel::open(back.addresses().front())));
  guide::start(front);
  const Words::Client client{Channel::open(front.addresses().front())};

  const auto budget_ms = [&](const char* text, CallOptions options) {
    return guide::value_of(client.Classify(guide::text(text), options).wait()).budget_ms();
  };
  const auto expect_budget = [&](std::int64_t budget, std::int64_t most_ms, const char* claim) {
    guide::expect(budget > 0 && budget <= most_ms, claim);
  };
  expect_budget(budget_ms("hello", {.timeout = 10s}), 9'995,
                "the last server knows the first caller's deadline");
  expect_budget(budget_ms("hello", {}), 19'995, "without a deadline the server's default counts");
  expect_budget(budget_ms("hello", {.timeout = 1h}), 59'995, "a later one than the server allows is cut");
  guide::expect_equal(budget_ms("detached", {.timeout = 10s}), -1, "what a detached call inherits");

  // [absolute]
  const Deadline deadline = Deadline::after(Clock::now(), 10s);  // for all of the calls together
  const Result<Label> first = client.Classify(guide::text("one"), {.deadline = deadline}).wait();
  const Result<Label> second = client.Classify(guide::text("two"), {.deadline = deadline}).wait();
  // [/absolute]
  guide::expect(first->budget_ms() <= 9'995 && second->budget_ms() <= 9'995, "two calls share a deadline");

  const Result<Label> late = client.Classify(guide::text("sleep"), {.timeout = 50ms}).wait();
  guide::expect(late.error().code() == StatusCode::kDeadlineExceeded, "a deadline that passes ends the call");
  guide::expect(sleeper->stopped.wait(), "and stops the handler two servers away");

  // [hops]
  Metadata ask;
  if (!ask.add("x-parlance-hops", "1")) return 1;
  auto call = client.Classify(guide::text("hello"), {.metadata = &ask});
  const Result<Label> answer = call.wait();
  for (const std::string_view hop : call.trailing_metadata().all("x-parlance-hops")) {
    std::printf("%.*s\n", static_cast<int>(hop.size()), hop.data());  // /guide.v1.Words/Classify 0.12ms
  }
  // [/hops]
  guide::expect(answer.has_value(), "a call that asks what its hops spend is answered");
  guide::expect_equal(call.trailing_metadata().all("x-parlance-hops").size(), 2U, "hops that told it");
}
