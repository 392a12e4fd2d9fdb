// Tests of handlers and clients: in this process, and on virtual time.
#include <memory>
#include <optional>
#include <string>

#include "base/virtual_clock.h"
#include "example.h"
#include "net/loop.h"
#include "rpc/in_process.h"
#include "rpc/wait.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// What is tested: answers after an hour.
class Sleepy final : public Words::Handler {
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text>) override {
    const bool slept = co_await call.sleep_for(1h);
    co_return guide::label(slept ? "slept" : "woken");
  }
};

void test_in_process() {
  // [in-process]
  Server server{{.listen = {}, .threads = 1}};  // no port, no file
  server.add(std::make_shared<guide::Repeater>());
  if (!server.start()) return;
  const Words::Client client{in_process_channel(server, {.enable_retries = false})};
  const Result<Label> label = client.Classify(guide::text("near"), {.timeout = 30s}).wait();
  // [/in-process]
  guide::expect_equal(guide::value_of(label).name(), "near", "the answer of a server in this process");
}

// [run-until]
// Runs the loop by hand; when it has nothing to do, time jumps to the next timer.
template <typename Condition>
void run_until(net::Loop& loop, VirtualClock& clock, Condition reached) {
  for (int jumps = 0; !reached() && jumps < 1'000; ++jumps) {
    while (loop.step()) {
    }
    if (!reached()) clock.advance_to(loop.next_timer());
  }
}
// [/run-until]

// [virtual]
Task<void> classify(Words::Client client, CallOptions options, std::optional<Result<Label>>& label) {
  const Text request;
  label = co_await client.Classify(request, options);
}

void test_virtual_time() {
  VirtualClock clock{TimePoint{24h}};  // this thread's time from here on
  net::Loop loop;                      // client and server both run on it
  Server server{{.listen = {}, .loops = {&loop}}};
  server.add(std::make_shared<Sleepy>());
  guide::start(server);
  const Words::Client client{in_process_channel(server)};

  std::optional<Result<Label>> patient;
  spawn(loop, classify(client, {}, patient));
  run_until(loop, clock, [&] { return patient.has_value(); });  // an hour, at once

  std::optional<Result<Label>> hasty;
  const TimePoint begin = clock.now();
  spawn(loop, classify(client, {.timeout = 5s}, hasty));
  run_until(loop, clock, [&] { return hasty.has_value(); });
  const Duration passed = clock.now() - begin;  // exactly 5 s
  // [/virtual]
  guide::expect_equal(guide::value_of(*patient).name(), "slept", "after an hour");
  guide::expect(hasty->error().code() == StatusCode::kDeadlineExceeded, "a deadline of five seconds passes");
  guide::expect(passed == 5s, "after five seconds, to the nanosecond");

  // [end]
  server.shutdown(0ms);
  run_until(loop, clock, [&] { return server.ended(); });  // before the loop goes
  // [/end]
  guide::expect(server.ended(), "the server has ended");
}

int main() {
  test_in_process();
  test_virtual_time();
}
