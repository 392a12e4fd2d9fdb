// A service, a server and a client: one request, one response.
#include <memory>
#include <string>

#include "example.h"
#include "rpc/server.h"
#include "words.parlance.h"

using namespace parlance;
using namespace std::chrono_literals;
using guide::v1::Label;
using guide::v1::Text;
using guide::v1::Words;

// [handler]
class Classifier final : public Words::Handler {
  Task<Result<Label>> Classify(ServerCall&, Incoming<Text> request) override {
    if (request->text().empty()) co_return Status{StatusCode::kInvalidArgument, "text is empty"};
    Label label;
    label.set_name(request->text().contains("good") ? "praise" : "complaint");
    co_return label;
  }
};
// [/handler]

// [awaiting]
Task<std::string> describe(const Words::Client& client, const Text& request) {
  const Result<Label> label = co_await client.Classify(request, {.timeout = 30s});
  if (!label) co_return label.error().to_string();
  co_return "it is " + label->name();
}
// [/awaiting]

int main() {
  // [server]
  Server server{{.listen = {"127.0.0.1:0"}}};  // port 0: any free one
  server.add(std::make_shared<Classifier>());
  if (const Result<void> started = server.start(); !started) {
    std::fprintf(stderr, "%s\n", started.error().to_string().c_str());
    return 1;
  }
  // [/server]

  // [client]
  const Words::Client client{Channel::open(server.addresses().front())};
  Text request;
  request.set_text("a good day");
  const Result<Label> label = client.Classify(request, {.timeout = 30s}).wait();
  // [/client]
  guide::expect(label.has_value(), "the call is answered");
  guide::expect_equal(label->name(), "praise", "the answer");

  // [wait]
  const std::string description = describe(client, request).wait();
  // [/wait]
  guide::expect_equal(description, "it is praise", "the coroutine's result");
  guide::expect_equal(describe(client, Text{}).wait(), "INVALID_ARGUMENT: text is empty", "an error");
}
