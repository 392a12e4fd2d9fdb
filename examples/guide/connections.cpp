// The life of a channel's connections: state, waiting for a server, keepalive, graceful shutdown.
#include <atomic>
#include <memory>
#include <string>

#include "example.h"
#include "net/testing/certificates.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// Answers when it is let go.
class Slow final : public Words::Handler {
 public:
  guide::Event started;
  std::atomic<bool> let_go = false;

 private:
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text>) override {
    started.happened();
    while (!let_go && !call.cancelled()) co_await call.sleep_for(5ms);
    co_return guide::label(call.cancelled() ? "cancelled" : "finished");
  }
};

int main() {
  const net::testing::TemporaryFolder folder;
  const std::string address = "unix:" + folder.file("socket");

  // [channel]
  const Channel channel = Channel::open(
      address, {.keepalive = {.time = 30s, .timeout = 10s}, .initial_backoff = 20ms, .max_backoff = 1s});
  // [/channel]
  const Words::Client client{channel};
  guide::expect(channel.state().wait() == Connectivity::kIdle, "a new channel is idle");

  // [wait-for-ready]
  auto call = client.Classify(guide::text("early"), {.timeout = 60s, .wait_for_ready = true});
  // [/wait-for-ready]

  // [server]
  Server server{{.listen = {address},
                 .threads = 1,
                 .keepalive = {.time = 1min, .timeout = 20s},
                 .max_connection_idle = 5min,
                 .max_connection_age = 1h,
                 .max_connection_age_grace = 30s,
                 .shutdown_grace = 60s}};
  // [/server]
  const auto slow = std::make_shared<Slow>();
  server.add(slow);
  guide::start(server);
  guide::expect(slow->started.wait(), "a call made before there was a server has reached it");

  // [ready]
  const bool ready = channel.wait_until_ready(Deadline::after(Clock::now(), 60s)).wait();
  // [/ready]
  guide::expect(ready && channel.state().wait() == Connectivity::kReady, "the channel is ready");

  // [shutdown]
  server.shutdown();  // from any thread; run() does it at SIGTERM
  // [/shutdown]
  const Deadline soon = Deadline::after(Clock::now(), 60s);
  guide::expect(channel.state_other_than(Connectivity::kReady, soon).wait() != Connectivity::kReady,
                "the client is told to go");
  slow->let_go = true;
  guide::expect_equal(guide::value_of(call.wait()).name(), "finished", "the open call");
  server.wait();
  guide::expect(server.ended(), "the server has drained");
}
