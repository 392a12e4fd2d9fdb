// Compression: of a channel, a call, a message; of a server's answers.
#include <memory>
#include <string>

#include "example.h"

using namespace parlance;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Token;
using guide::v1::Words;

class Inspector final : public Words::Handler {
  Task<Result<Label>> Classify(ServerCall&, Incoming<Text> request) override {
    co_return guide::label(request.was_compressed() ? "compressed" : "plain");
  }
  // [handler]
  Task<Status> Generate(ServerCall& call, Incoming<Text>, Writer<Token>& out) override {
    call.set_compression(Encoding::kGzip);  // false when the caller does not take it
    Token token;
    token.set_text(std::string(1000, 'x'));
    co_await out.write(token);
    co_await out.write(token, {.compress = false});
    co_return Status{};
  }
  // [/handler]
};

int main() {
  // [server]
  Server server{{.listen = {"127.0.0.1:0"}, .threads = 1, .compression = Encoding::kZstd}};
  // [/server]
  server.add(std::make_shared<Inspector>());
  guide::start(server);

  // [client]
  const Words::Client client{Channel::open(server.addresses().front(), {.compression = Encoding::kGzip})};
  const Text request = guide::text(std::string(1000, 'x'));
  const Result<Label> by_channel = client.Classify(request).wait();
  const Result<Label> by_call = client.Classify(request, {.compression = Encoding::kIdentity}).wait();
  // [/client]
  guide::expect_equal(guide::value_of(by_channel).name(), "compressed", "a request, as the channel says");
  guide::expect_equal(guide::value_of(by_call).name(), "plain", "a request, as the call says");

  auto tokens = client.Generate(request);
  guide::expect(tokens.read().wait().has_value() && tokens.message_was_compressed(),
                "the first token came compressed");
  guide::expect(tokens.read().wait().has_value() && !tokens.message_was_compressed(),
                "the second one did not");
  guide::expect(tokens.finish().wait().ok(), "the stream ends with OK");
}
