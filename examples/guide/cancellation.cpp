// A call that nobody waits for any more ends everywhere.
#include <memory>
#include <string>

#include "example.h"
#include "grpc/error_details.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Token;
using guide::v1::Words;

class Patient final : public Words::Handler {
 public:
  guide::Event started;
  guide::Event stopped;

 private:
  // [handler]
  Task<Result<Label>> Classify(ServerCall& call, Incoming<Text>) override {
    started.happened();
    int ticks = 0;
    while (co_await call.sleep_for(10ms)) ++ticks;  // false as soon as the call is cancelled
    stopped.happened();
    co_return guide::label("dropped after " + std::to_string(ticks));
  }
  // [/handler]

  // [writer]
  Task<Status> Generate(ServerCall&, Incoming<Text> prompt, Writer<Token>& out) override {
    Token token;
    token.set_text(prompt->text());
    int written = 0;
    while (co_await out.write(token)) ++written;  // false likewise
    stopped.happened();
    co_return Status{};
  }
  // [/writer]
};

int main() {
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1}};
  const auto patient = std::make_shared<Patient>();
  server.add(patient);
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};

  // [cancel]
  auto call = client.Classify(guide::text("think"));
  guide::expect(patient->started.wait(), "the handler runs");
  call.cancel();  // from any thread
  const Status status = call.wait().error();
  // [/cancel]
  guide::expect(status.code() == StatusCode::kCancelled, "the caller gets CANCELLED");
  guide::expect(patient->stopped.wait(), "the handler has stopped");

  {
    // [drop]
    auto tokens = client.Generate(guide::text("again"));
    const auto first = tokens.read().wait();
    // Leaving the scope before the end cancels the call.
    // [/drop]
    guide::expect_equal(first->text(), "again", "the first token");
  }
  guide::expect(patient->stopped.wait(), "the handler has stopped after its caller dropped the call");
}
