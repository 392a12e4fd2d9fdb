// One request, a stream of responses.
#include <memory>
#include <ranges>
#include <string>

#include "example.h"

using namespace parlance;
using guide::v1::Text;
using guide::v1::Token;
using guide::v1::Words;

// [handler]
class Generator final : public Words::Handler {
  Task<Status> Generate(ServerCall&, Incoming<Text> prompt, Writer<Token>& out) override {
    for (const auto word : std::views::split(prompt->text(), ' ')) {
      Token token;
      token.set_text(std::string{word.begin(), word.end()});
      if (!co_await out.write(token)) break;  // nobody reads on
    }
    co_return Status{};
  }
};
// [/handler]

// [awaiting]
Task<Result<std::string>> joined(const Words::Client& client, const Text& prompt) {
  auto tokens = client.Generate(prompt);
  std::string all;
  while (const auto token = co_await tokens.read()) all += token->text() + "+";
  const Status status = co_await tokens.finish();
  if (!status.ok()) co_return status;
  co_return all;
}
// [/awaiting]

int main() {
  Server server{{.listen = {"127.0.0.1:0"}}};
  server.add(std::make_shared<Generator>());
  guide::start(server);
  const Words::Client client{Channel::open(server.addresses().front())};
  const Text prompt = guide::text("once upon a time");

  // [blocking]
  auto tokens = client.Generate(prompt);
  std::string all;
  while (const auto token = tokens.read().wait()) all += token->text() + "+";
  const Status status = tokens.finish().wait();
  // [/blocking]
  guide::expect(status.ok(), "the stream ends with OK");
  guide::expect_equal(all, "once+upon+a+time+", "the tokens, read blocking");
  guide::expect_equal(guide::value_of(joined(client, prompt).wait()), all, "the tokens, awaited");
}
